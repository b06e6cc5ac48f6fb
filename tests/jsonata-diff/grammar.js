// What diff.js compares: a grammar of expressions that mostly make sense, documents for them, and a list of cases that suites forget.
'use strict';
module.exports = ({ below, pick, chance }) => {
    const names = ['a', 'b', 'c', 'items', 'price', 'name', 'tags', '`x y`'];
    const keys = ['a', 'b', 'c', 'items', 'price', 'name', 'tags', 'x y', '1', '0', '10'];
    const numbers = ['0', '1', '2', '3', '-1', '1.5', '-0.5', '10', '0.1', '1e3', '123456789', '1e-7', '2.5', '1234.5678', '99', '-12.345'];
    const strings = ['""', '"a"', '"b"', '"hello world"', '"a,b,c"', "'it'", '"\\u00e9t\\u00e9"', '"😀x"', '"10"', '"1.5"', '"  pad  me "', '"ABC"', '"a b a b"',
        '"2018-03-23"', '"x=1&y=2"', '"a-b_c"', '"ǅ ß ﬁ Σ ΑΣ"', '"\\n\\t"'];
    const values = [0, 1, 2, 3, -1, 1.5, 10, 1e21, 'a', 'b', 'hello', '', 'é😀', '10', true, false, null];

    function value(depth) {
        const kind = below(depth > 0 ? 10 : 6);
        if (kind < 6) return pick(values);
        if (kind < 8) return Array.from({ length: below(4) }, () => value(depth - 1));
        return record(depth - 1);
    }
    function record(depth) {
        const made = {};
        for (let i = 1 + below(4); i > 0; i--) made[pick(keys)] = value(depth);
        return made;
    }
    function document() {
        const top = record(3);
        top.items = Array.from({ length: below(5) }, () => ({ name: pick(['x', 'y', 'z', 'x']), price: pick([1, 2, 2, 3.5, 10]), tags: pick([['t'], ['t', 'u'], [], 't']), ...(chance(0.3) ? record(1) : {}) }));
        if (chance(0.2)) top.a = { b: [{ c: 1 }, { c: [2, 3] }, { c: { a: 4 } }] };
        return chance(0.1) ? top.items : chance(0.05) ? value(2) : top;
    }

    const fn1 = () => pick(['sum', 'count', 'max', 'min', 'average', 'string', 'length', 'uppercase', 'lowercase', 'trim', 'number', 'floor', 'ceil', 'round', 'abs', 'sqrt',
        'boolean', 'not', 'keys', 'exists', 'spread', 'merge', 'reverse', 'type', 'sort', 'distinct', 'base64encode', 'base64decode', 'encodeUrl', 'encodeUrlComponent',
        'decodeUrl', 'decodeUrlComponent', 'toMillis', 'fromMillis', 'clone', 'formatBase', 'join', 'zip', 'error', 'single']);
    const regex = () => pick(['/a/', '/[a-z]+/', '/b/i', '/(\\w)(\\d)?/', '/\\s+/', '/^a/', '/o$/', '/,/', '/(l+)o/', '/./', '/\\u00e9/', '/[^a]/', '/a|b/']);
    const bound = [];

    function lambda(depth, count) {
        const parameters = ['$v', '$i', '$w'].slice(0, count || 1 + below(2));
        bound.push(...parameters);
        const body = expression(depth - 1);
        bound.length -= parameters.length;
        return ['function(' + parameters.join(',') + '){', body, '}'];
    }
    const leaf = () => [pick([() => pick(names), () => pick(names), () => pick(numbers), () => pick(strings), () => pick(['true', 'false', 'null', '$', '$$', '*', '**']),
        () => bound.length ? pick(bound) : pick(names)])()];
    const step = depth => pick([
        () => [pick(names)], () => [pick(names)], () => [pick(names)], () => ['*'], () => ['**'], () => ['(', expression(depth - 1), ')'],
        () => ['{"k":', expression(depth - 1), '}'], () => ['[', expression(depth - 1), ',', expression(depth - 1), ']'], () => ['$', pick(['string', 'uppercase', 'sum', 'count']), '()'],
    ])();
    const predicate = depth => pick([
        () => ['[0]'], () => ['[-1]'], () => ['[1]'], () => ['[]'], () => ['[', pick(names), '=', leaf(), ']'], () => ['[', pick(names), '>', pick(numbers), ']'],
        () => ['[', expression(depth - 1), ']'], () => ['[$>1]'], () => ['[[0..1]]'], () => ['[', pick(names), ']'],
    ])();

    const forms = [
        d => [expression(d - 1), pick(['+', '-', '*', '/', '%']), expression(d - 1)],
        d => [expression(d - 1), pick(['=', '!=', '<', '<=', '>', '>=', ' in ']), expression(d - 1)],
        d => [expression(d - 1), pick([' and ', ' or ']), expression(d - 1)],
        d => [expression(d - 1), '&', expression(d - 1)],
        d => [expression(d - 1), '?', expression(d - 1), ':', expression(d - 1)],
        d => [expression(d - 1), pick(['?:', '??']), expression(d - 1)],
        d => ['[', expression(d - 1), ',', expression(d - 1), ']'],
        d => ['[', pick(['0', '1', '-1', '2']), '..', pick(['0', '1', '2', '3', '5']), ']'],
        d => ['{', pick(['"k"', '"k"', pick(names), '"1"']), ':', expression(d - 1), ',', '"z":', expression(d - 1), '}'],
        d => [step(d), '.', step(d)], d => [step(d), '.', step(d), '.', step(d)], d => [step(d), predicate(d)], d => [step(d), '.', step(d), predicate(d)],
        d => [step(d), predicate(d), '.', step(d)], d => [step(d), predicate(d), predicate(d)],
        d => [pick(['items', 'a', '$', step(d)]), '^(', pick(['', '<', '>']), pick([[pick(names)], [pick(names)], expression(d - 1)]), pick(['', [',>', pick(names)]]), ')'],
        d => [pick(['items', 'a.b', step(d)]), '{', pick(['name', 'name', '$string(price)', expression(d - 1)]), ':', expression(d - 1), '}'],
        d => ['items.{', '"n":', expression(d - 1), ',"p":price}'],
        d => [pick(['items', 'a']), '#$i', pick(['', '[$i>0]', '[0]']), '.', pick(['$i', '{"i":$i,"n":name}', step(d)])],
        d => ['items@$x', pick(['', '[$x.price>1]', '#$j']), '.', pick(['$x.name', '{"x":$x.name}', '$$.items[name=$x.name].price', step(d)])],
        d => [pick(['items.tags.%.name', 'items.name.%.price', '**.name.%', 'items.tags.{"t":$,"n":%.name}', 'items[%.a].name', 'a.b.c.%.%', 'items.name.(%.price)', 'items.tags[%.price>1]'])],
        d => ['(', '$v:=', expression(d - 1), ';', bindThen(d), ')'],
        d => ['$', fn1(), '(', expression(d - 1), ')'], d => ['$', fn1(), '(', expression(d - 1), ')'], d => ['$', fn1(), '(', expression(d - 1), ')'],
        d => [expression(d - 1), '~>$', fn1()], d => [expression(d - 1), '~>$', fn1(), '()'],
        d => ['$map(', expression(d - 1), ',', pick([lambda(d), ['$', fn1()]]), ')'],
        d => ['$filter(', expression(d - 1), ',', pick([lambda(d), ['$', fn1()], regex()]), ')'],
        d => ['$reduce(', expression(d - 1), ',', lambda(d, 2), pick(['', [',', expression(d - 1)]]), ')'],
        d => ['$sift(', expression(d - 1), ',', lambda(d), ')'], d => ['$each(', expression(d - 1), ',', lambda(d, 2), ')'],
        d => ['$sort(', expression(d - 1), pick(['', [',', lambda(d, 2)], ',function($l,$r){$l>$r}']), ')'],
        d => ['$single(', expression(d - 1), ',', lambda(d), ')'],
        d => ['$substring(', expression(d - 1), ',', pick(numbers), pick(['', [',', pick(numbers)]]), ')'],
        d => ['$', pick(['substringBefore', 'substringAfter', 'contains', 'split']), '(', expression(d - 1), ',', pick([[pick(strings)], [pick(strings)]]), ')'],
        d => ['$', pick(['contains', 'split', 'match']), '(', expression(d - 1), ',', regex(), pick(['', ',1', ',2', ',0']), ')'],
        d => ['$replace(', expression(d - 1), ',', pick([regex(), pick(strings)]), ',', pick(['"[$0]"', '"$1-$2"', '"$$"', '"x"', '"$"', '"$12"', 'function($m){$m.match & "!"}', '$uppercase']), pick(['', ',1', ',0']), ')'],
        d => ['$pad(', expression(d - 1), ',', pick(['5', '-5', '0', '10', '2.7']), pick(['', ',"#"', ',"ab"', ',"😀é"', ',""']), ')'],
        d => ['$join(', expression(d - 1), pick(['', ',"-"', ',", "']), ')'],
        d => ['$formatNumber(', pick([pick(numbers), expression(d - 1)]), ',', pick(['"0"', '"#"', '"0.00"', '"#,##0.00"', '"#,##0.###"', '"00.0e0"', '"0.0##e00"', '"0%"', '"#0‰"', '"(0);[0]"', '"#.#"', '"$0.00x"',
            '"0,0,0"', '"9"', '".00"', '"#.00"', '"###"', '"#;-#"', '"x"', '"0..0"', '"#0#"', '"##0.0#0"']), ')'],
        d => ['$formatInteger(', pick([pick(numbers), expression(d - 1)]), ',', pick(['"0"', '"000"', '"#,##0"', '"w"', '"W"', '"Ww"', '"w;o"', '"Ww;o"', '"A"', '"a"', '"I"', '"i"', '"1;o"', '"٠٠"', '"#:##:00"', '"0-0"', '"#"', '"x"']), ')'],
        d => ['$parseInteger(', pick([['"12,345"', ',', '"#,##0"'], ['"MCMXC"', ',"I"'], ['"xii"', ',"i"'], ['"one hundred and five"', ',"w"'], ['"Two Thousand, Three Hundred and Forty-Five"', ',"Ww"'], ['"twenty-first"', ',"w;o"'], ['"12th"', ',"1;o"'], ['"abc"', ',"a"'], ['"ZZ"', ',"A"'], [expression(d - 1), ',"0"']]), ')'],
        d => ['$formatBase(', pick([pick(numbers), expression(d - 1)]), pick(['', ',2', ',16', ',36', ',10', ',3', ',1.6']), ')'],
        d => ['$fromMillis(', pick(['0', '1521801216617', '-1', '253402300799999', '1e12', '951782400000', '1709164800000', '1230768000000']), ',',
            pick(['"[Y]-[M01]-[D01]"', '"[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]"', '"[FNn], [D1o] [MNn] [Y]"', '"[FNn,3-3] [MN,3-3] [D] [Y,2-2]"', '"[h]:[m] [P]"', '"[h#1]:[m01] [PN]"', '"[W] [w] [X] [x] [xNn] [d] [F] [F0]"',
                '"[Dwo] of [MNn] [YI]"', '"[Y9,999,*]"', '"[E] [C] [z]"', '"[H] [Z] [Z0] [Z0101] [z]"', '"[[[Y]]]"', '"[Q]"', '"[YN]"', '"[M"', '"[f] [f001] [f1]"', '"[Da] [MA] [Yi]"', '"[D01,*-3]"']),
            pick(['', ',"+0100"', ',"-0530"', ',"0000"', ',"+1245"', ',"-0800"']), ')'],
        d => ['$toMillis(', pick([['"2018-03-23"'], ['"2018"'], ['"2018-03"'], ['"2018-03-23T10:33:36"'], ['"2018-03-23T10:33:36.617Z"'], ['"2018-03-23T10:33:36+05:30"'], ['"2018-03-23T10:33:36.5-0800"'], ['"2018-02-31"'], ['"x"'],
            ['"23 March 2018"', ',"[D] [MNn] [Y]"'], ['"3/23/18"', ',"[M]/[D]/[Y]"'], ['"10:33 PM"', ',"[h]:[m] [P]"'], ['"12:33 am"', ',"[h]:[m] [P]"'], ['"2018-082"', ',"[Y]-[d]"'], ['"201803231033"', ',"[Y0001][M01][D01][H01][m01]"'], ['"Friday, 23rd March 2018"', ',"[FNn], [D1o] [MNn] [Y]"'],
            ['"10:33"', ',"[H]:[m]"'], ['"2018 10"', ',"[Y] [H]"'], ['"10:33 +05:30"', ',"[H]:[m] [Z]"'], ['"10:33 GMT+5"', ',"[H]:[m] [z0]"'], ['"MMXVIII"', ',"[YI]"'], ['"2018-W12-5"', ',"[X]-W[W]-[F1]"'], ['"5.25"', ',"[s].[f]"'], ['"two thousand and eighteen"', ',"[Yw]"']]), ')'],
        d => ['$zip(', expression(d - 1), ',', expression(d - 1), ')'], d => ['$append(', expression(d - 1), ',', expression(d - 1), ')'], d => ['$lookup(', expression(d - 1), ',', pick(strings), ')'],
        d => ['$round(', pick([pick(numbers), expression(d - 1)]), ',', pick(['0', '1', '2', '-1', '-2', '5']), ')'], d => ['$power(', pick(['2', '3', '1.5', '-2', '0', '10', '0.5']), ',', pick(['2', '0.5', '-1', '0', '3']), ')'],
        d => [expression(d - 1), '~>|', pick(['$', 'items', '**', 'a', step(d)]), '|', pick(['{"n":1}', '{"price":price*2}', ['{"q":', expression(d - 1), '}']]), pick(['', ',"name"', ',["a","b"]']), '|'],
        d => ['(', '$f:=', lambda(d, 2), ';$f(', expression(d - 1), pick(['', [',', expression(d - 1)]]), '))'],
        d => ['(', '$f:=', pick(['$substring(?,1)', '$join(?,"-")', '$append(?,1)', 'function($v,$i){$v+$i}(?,2)', '$power(2,?)', '$pad(?,4,"#")']), ';$f(', expression(d - 1), '))'],
        d => ['(', '$uppercase~>$trim', ')(', expression(d - 1), ')'],
        d => ['function($v)', pick(['<s:s>', '<n:n>', '<a<n>:n>', '<(sn)-:x>', '<s-:x>', '<o?:x>', '<b+:x>', '<a<s>s?:s>', '<f:x>', '<j-:j>']), '{', ['$string($v)'], '}(', pick([expression(d - 1), '']), ')'],
        d => ['$eval(', pick(['"1+1"', '"a.b"', '"$v"', '"[1..3]"', '"(("']), ')'],
        d => ['$assert(', expression(d - 1), ',"no")'], d => ['$string(', expression(d - 1), ',true)'],
        d => ['-', expression(d - 1)], d => ['(', expression(d - 1), ')', predicate(d)], d => ['$', fn1(), '()'], d => ['$', fn1(), '(', expression(d - 1), ',', expression(d - 1), ')'],
        d => ['/* c */', expression(d - 1)], d => ['$spread(', expression(d - 1), ').*'], d => ['[', expression(d - 1), ']', predicate(d), '.', step(d)],
    ];
    function bindThen(depth) {
        bound.push('$v');
        const body = expression(depth - 1);
        bound.pop();
        return body;
    }
    function expression(depth) {
        if (depth <= 0 || chance(0.12)) return leaf();
        const made = pick(forms)(depth);
        return chance(0.3) ? ['(', made, ')'] : made;
    }

    const fixed = [];
    const both = (list, input) => list.forEach(text => fixed.push([text, input]));
    both(['$string(0.1+0.2)', '$string(1e21)', '$string(1e20)', '$string(123456789012345680000)', '$string(1e-6)', '$string(1e-7)', '$string(5e-324)', '$string(1.7976931348623157e308)', '$string(-0)', '1/3',
        '$string(1/3)', '100/3', '2.2250738585072014e-308', '4.35', '0.000001234', '1e300*10', '9007199254740993', '$string([1e21,0.1,-0])', '1/0', '-1/0', '0/0', '$string(1/0)', '[1/0]', '5%3', '-5%3', '5.5%-2', '5%0',
        '$round(0.5)', '$round(1.5)', '$round(2.5)', '$round(-0.5)', '$round(-1.5)', '$round(2.675,2)', '$round(1.005,2)', '$round(12345.6789,-2)', '$round(1e21,2)', '$round(0.49999999999999994)', '$round(4503599627370497.5)', '$floor(-0.5)', '$ceil(-0.5)',
        '$number("0x1F")', '$number("0b101")', '$number("0o17")', '$number("1e400")', '$number(" 1")', '$number("")', '$number("-0")', '$number("1.")', '$number(".5")', '$number(true)', '$number(null)', '$number([1])', '$number("0x")', '$number("1e5")',
        '$formatBase(255,16)', '$formatBase(-255,2)', '$formatBase(15241578750190521,2)', '$formatBase(0,2)', '$formatBase(0.4,7)', '$clone([1])', '$formatBase(0.5,2)', '$formatBase(10,37)', '$formatBase(10,1)', '$formatBase(1e21)', '$sqrt(-1)', '$power(2,1024)', '$power(-8,1/3)', '$power(0,-1)', '$abs(-0)',
        '$sum([])', '$max([])', '$average([])', '$sum("1")', '$sum([1,"2"])', '$max(5)', '$sum([0.1,0.2,0.3])', '$count(null)', '$count([null])', '$length("😀")', '$length("é")', '$substring("😀abc",1)', '$substring("😀abc",-2,1)', '$substring("hello",1.7,2.2)',
        '$substring("hello",-10,3)', '$substring("hello",2,-1)', '$substring("hello",10)', '$substringBefore("😀x","x")', '$substringAfter("abc","")', '$substringBefore("abc","")', '$split("a😀b","")', '$join($split("a😀b",""))', '$split("abc","",2)', '$split("","")', '$split("a,b",",",1.5)', '$split("",",")',
        '$pad("a",-5,"xy")', '$pad("😀",3,"é")', '$uppercase("ßﬁŉǰΐ")', '$lowercase("İΣΑΣ ΑΣΑ")', '$lowercase("ΑΣ.")', '$uppercase("ǆ")', '$lowercase("ǅ")', '$trim("\\u00a0x ")', '$trim("")', '$trim(" \\t\\n ")',
        '$base64encode("é")', '$base64decode("YQ")', '$base64decode("YQ==YQ==")', '$base64decode("Y Q=")', '$base64decode("_-8")', '$base64encode("😀")', '$base64encode("")', '$encodeUrl("https://a.b/é?x=[1]&y=😀#f")', '$encodeUrlComponent("a b/é\'()*!~")', '$decodeUrl("%41%2F%e2%82%ac")', '$decodeUrlComponent("%41%2F%e2%82%ac")', '$decodeUrl("%")', '$decodeUrl("%C0%80")', '$decodeUrl("%ED%A0%80")', '$decodeUrlComponent("%F4%90%80%80")',
        '["b","a","C","é","😀","\\uff01",""]^($)', '$sort(["b","a","C","é","😀","\\uff01",""])', '[3,1,2]^(>$)', '[{"a":1},{},{"a":0}]^(a)', '[{"a":1},{},{"a":0}]^(>a)', '[{"a":"x"},{"a":1}]^(a)', '[true,false]^($)', '$sort([3,"a"])', '$sort([[1],[0]])', '$sort([2,1,3],function($a,$b){$a<$b})', '$sort([5,3,4,1,2],function($a,$b){true})', '"\\ud83d" & "\\ude00"', '"😀" < "\\uff01"', '"a" < "B"', '"a" < 1', 'null < 1', 'true > false', '[1] = [1]', '{"a":1,"b":2} = {"b":2,"a":1}', '[] = []', '{} = []', 'null = null', '"1" = 1', '1 in [1,2]', '[1] in [[1]]', '"a" in "a"', 'null in [null]', '1 = 1.0',
        '$match("aaa",/a/)', '$match("ab",/(a)|(b)/)', '$match("😀a",/a/)', '$match("abc",/x*/)', '$replace("abc",/(b)/,"<$1$0$$>")', '$replace("abcdefghijkl",/(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)(l)/,"$12-$1-$13")', '$replace("aaa","a","b",2)', '$replace("abc","","x")', '$replace("abc",/b/,function($m){1})', '$contains("a\\nb",/a.b/)', '$contains("a\\u2028b",/a.b/)', '$contains("\\u00a0",/\\s/)', '$contains("a\\nb",/^b/)', '$contains("a\\nb",/^b/m)', '$contains("é",/\\w/)', '$contains("É",/é/i)', '$match("2020-01-02",/(\\d+)-(\\d+)/).groups', '$split("a1b22c",/\\d+/)', '$split("a1b",/(\\d)/)', '/a/("cab").start', '/a/("cab").next()', '/[/]/("a/b").match', '$replace("a.b",/\\./,"$")', '$contains("{",/{/)', '$contains("]",/]/)', '$contains("a{,2}",/a{,2}/)', '$contains("[[a",/[[]/)', '$contains("\\u0001",/\\x01/)', '$contains("z",/\\z/)', '$contains("A",/\\A/)', '$contains("Q.E",/\\Q.\\E/)', '$contains("aXb",/a\\Xb/)', '$contains("😀",/\\ud83d\\ude00/)', '$contains("ab",/(?<n>a)\\k<n>?b/)', '$contains("aa",/(a)\\1/)', '$contains("\\u0001",/\\1/)', '$contains("K",/k/i)', '$replace("x-y",/-/,"$1")', '$contains("",/^$/)', '$match("",/^$/)',
        '$keys({"b":1,"10":2,"a":3,"2":4})', '$string({"b":1,"10":2,"2":4})', '{"b":1,"10":2,"2":4}.*', '$each({"2":1,"1":2},function($v,$k){$k})', '$merge([{"2":1},{"1":2}])~>$string', '$spread({"b":1,"1":2})~>$string', '$string({"k":function(){1}})', '$string([function(){1},$sum])', '$string($sum)', '$string("x",true)', '$string({"a":[1,{}],"b":{},"c":[]},true)', '$string("\\u0001\\u007f\\u2028\\"/")', '$type(function(){1})', '$boolean([0,0])', '$boolean([[]])', '$boolean([[1]])', '$boolean({})', '$boolean("0")', '$boolean($sum)', '$not([])', '$boolean([null])', '[1,[2,[3]]].$', '[[1,2],[3]].$', '[[1,2],[3]][0]', '[[1,2],[3]].$[0]', '$distinct([1,"1",1.0,[1],[1],{"a":1},{"a":1},null,null])', '$reverse([])', '$zip([1,2],[3],[4,5])', '$zip([1,2],3)', '$append([],1)', '$append(1,[])', '$append(nothing,nothing)', '$append([1],nothing)', '$lookup([{"a":1},{"a":[2,3]}],"a")', '$single([1])', '$single([])', '$single([1,2],function($v){$v=2})', '$reduce([1,2,3],function($a){$a})', '$reduce([],function($a,$b){$a+$b})', '$reduce([],function($a,$b){$a+$b},1)', '$reduce(1,function($a,$b){$a+$b})', '$map(5,function($v){$v+1})', '$map([],function($v){$v})', '$map([1,2],function($v){[$v]})', '$map([1,2],function($v){$filter([$v],function($x){$x=1})})', '$filter([1],function($v){true})', '$filter([1,2],function(){true})', '$filter({"a":1},function($v){true})',
        '$formatInteger(1234,"#,##0")', '$formatInteger(0,"I")', '$formatInteger(0,"w")', '$formatInteger(-5,"w")', '$formatInteger(1e15,"w")', '$formatInteger(123456789,"W")', '$formatInteger(11,"1;o")', '$formatInteger(112,"1;o")', '$formatInteger(21,"w;o")', '$formatInteger(27,"A")', '$formatInteger(703,"a")', '$formatInteger(1.9,"0")', '$formatInteger(-1.1,"0")', '$formatInteger(1e21,"0")', '$formatInteger(5,"")', '$parseInteger("","0")', '$parseInteger("x","w")', '$parseInteger("-5","0")',
        '$formatNumber(0,"#")', '$formatNumber(0,"#.#")', '$formatNumber(0.001,"#.##")', '$formatNumber(-0.4,"0")', '$formatNumber(1e21,"0")', '$formatNumber(123.456,"00000.0")', '$formatNumber(1234567.8912,"#,##0.00#,#")', '$formatNumber(0.14,"01%")', '$formatNumber(0.14,"###pm",{"per-mille":"pm"})', '$formatNumber(-6,"000")', '$formatNumber(1234.5,"0.0e0")', '$formatNumber(0.00012,"0.0e0")', '$formatNumber(-1234,"0e0")', '$formatNumber(0,"0.0e0")', '$formatNumber(5,"٠٠",{"zero-digit":"٠"})', '$formatNumber(1234.5,"#.##0,0",{"decimal-separator":",","grouping-separator":"."})', '$formatNumber(12,"")', '$formatNumber(2.5,"0")', '$formatNumber(3.5,"0")', '$formatNumber(0.125,"0.00")', '$formatNumber(1.005,"0.00")',
        '$fromMillis(-1)', '$fromMillis(-62198755200000)', '$fromMillis(8.64e15)', '$fromMillis(253402300800000)', '$fromMillis(1.9)', '$toMillis("2018-13-01")', '$toMillis("0000-01-01")', '$toMillis("9999-12-31T23:59:59.999Z")', '$toMillis("2020-02-29")', '$toMillis("2019-02-29")', '$toMillis("2020-12-31T24:00:00Z")', '$toMillis("2020-01-01T00:00:00.123456789Z")', '$toMillis("1970-01-01T00:00:00-00:01")', '$toMillis("99","[Y]")', '$toMillis("5","[D]")', '$toMillis("","[Y]")', '$now()', '$millis()', '$now("[Y]")', '$now("[H]:[m]","+0200")',
        'function($x){$x}', '$sum', '$map', '($f:=function($n){$n<=0?"done":$f($n-1)};$f(2000))', '($f:=function($n,$a){$n=0?$a:$f($n-1,$a&"x")};$length($f(50,"")))', '(function($x)<n-:n>{$x})("a")', '(function($x)<s?n:x>{[$x]})(1)', '5.(function($x)<n-:n>{$x+1})()', '"a".$uppercase()', '[1,2].$string()', '$substring("a")', '$uppercase(1)', '$uppercase()', '$nosuch(1)', 'nosuch(1)', 'sum([1])', '$sum(?)', '(1)(2)', '"x"()', '1~>2', '1~>$nosuch', '$uppercase~>$lowercase', '($uppercase~>$substring(?,1))("abc")', 'a.b~>$string', '1=>2', '(', ')', '[1,', '{"a"}', '{"a":1,"a":2}', '{1:2}', '{nothing:1}', 'a[', '"abc', "'a\\x'", '`a', '/a', '//', '/a/x', '1 2', '1e999', '"\\u12"', 'a.1', 'a.true', '@', 'a@b', 'a#b', '$a:=', 'a:=1', '!', '~', '/*', 'function(a){1}', 'function($a)<x<n>>{1}', 'function($a)<(a<n>)>{1}', '%', '%.a', 'a.%', 'a.%.%', '[%]', '{"a":%}', '($x:=%)', 'a{b:1}[0]', 'a{b:1}{c:2}', 'a[0]@$x', 'a^(b)@$x', '?', '$f(?)', '$substring(?,1)("abc")', '$eval("1+")', '$eval("$sum([1,2])")', '$eval("$x")', '($x:=5;$eval("$x"))', '{"a":5}.$eval("a")', '$eval("a",{"a":7})', '$eval("$",[1,2])', 'null.a', '"a".b', '1.a', '$.$.$', '$$$', '`$`', '$`a`', 'and', 'or.and', 'in', 'a and', 'and and and', 'true and or', '[and,or]', '*', '**', '*.*', '%%', '5[0]', '"a"[0]', '5[1]', '"abc"[-1]', '[1,2,3][0.9]', '[1,2,3][-0.1]', '[1,2,3][[0,2]]', '[1,2,3][[0,0]]', '[1,2,3]["a"]', '[1,2,3][nothing]', '[1,2,3][$=2]', '[1,2,3][true]', '[[1,2],[3,4]][0][1]', '[0..2].[$,$]', '[0..2].([$])', '[[]]', '[[],[]]', '[nothing]', '[[nothing]]', '[1..0]', '[1..1]', '[0.5..2]', '["a".."b"]', '[1..1e8]', '{"a":[1..3]}', '(1;2;3)', '()', '(;)', '($x:=1;($x:=2);$x)', '($x:=1;(function(){$x:=3})();$x)', '($a:=$b:=5;$a+$b)', 'true?1', 'false?1', 'nothing?1:2', '[]?1:2', '[0]?:5', '0??5', 'null??5', 'nothing??5', 'nothing??nothing??7', '0?:5?:6', 'nothing?:nothing'], { a: { b: { c: 1 } }, '10': 'ten', b: [1, 2] });
    both(['$', '$[0]', '$$[0]', '$.a', 'a', '$count($)', '$$', '$string($)', '$.$', '**', '*', '$[a=1]', '$^(a)', '${a:b}', '$map($,function($x){$x.a})', '$[].a', 'a[]', '$[0].a[]', '$#$i.$i', '$@$x.$x.a', 'a.%', '$keys($)', '$[-1]', '{"x":$}', '[$]', '$ ~> |$|{"z":1}|', '$=$$', '$type($)', '$reverse($)', '$append($,1)', '$filter($,function($v,$i,$w){$count($w)=2})'], [{ a: 1, b: 2 }, { a: [3, 4], b: { c: 5 } }]);
    both(['a.b[]', 'a[].b', 'a[0][]', '(a)[]', 'a.b.c[]', 'x[]', 'a{b:c}', 'a.{"k":b}', 'a.[b]', 'a.b.[c]', '[a.b]', 'a.(b)', 'a.(b;c)', 'a.b^(c)', 'a[b=1].c', 'a[b>1]', 'a.b + 1', 'a.*', 'a.**', '**.b', '*.b', 'a.b.%', 'a.b.%.c', 'a.(b.%)', 'a[%.d]', 'a@$x.d', 'a@$x.$x.b', 'a#$i.[$i,b]', 'a[b=1]#$i.$i', 'a#$i[$i=1].b', 'a^(>b).b', 'a^(b)#$i.$i', '{"s":$sum(a.b)}', 'a.b ~> $sum', '$sum(a.b)', '$map(a,function($v,$k,$l){$count($l)})', 'a.$string(b)', 'a.b.$string()', 'd.$', 'd.a', 'd[0]', 'd[$="y"]', '$.d', 'a[].b[0]', 'a.b[0]', '(a.b)[0]', 'a[0].b', 'a[-1].b', 'a.c', 'a.c.e', 'a.e', 'e.f.g', 'e[0].f', 'e.f[0]', 'e.f', 'e.f.%', '$lookup(a,"b")', 'a.b in [1]', 'a.c=[1,2]', 'a{$string(b):$sum(b)}', 'a.b{$string($):$}', 'e.(f.g)', '$keys(a)', '$merge(a)', '$spread(a)', '$each(a[0],function($v,$k){$k})', 'a ~> |$|{"b":99},"c"|', '$ ~> |a[b=1]|{"n":%.d}|', '$ ~> |a|{"b":b+1}|', '$ ~> |**[b]|{"b":0}|', '$clone(a)', '$$.a.b', '$distinct(a.b)', 'a.b[$>1]', 'a[$.b>1].b', '(a.b)[$>1]', 'a[b][0].b', 'a.{b:c}', 'a.{"x":b}{x:$}'],
        { a: [{ b: 1, c: [1, 2] }, { b: 2, c: 3 }, { b: 2 }, { c: { e: 5 } }], d: ['x', 'y'], e: [{ f: [{ g: 1 }, { g: [2, 3] }] }, { f: { g: 4 } }] });
    // What this test once found.
    both(['[1][[0..1]].$', '["ab"][0].$', '[{"a":1}][0].a', '[$join([],"-")][0].a', '$filter($,/,/)', '$filter($,/Object/)', '$replace("a","ABC",$uppercase,1)', '$spread(**.a[[0..1]])', '$contains("x",nothing)', '$map([1],$formatBase)'], { b: [1] });
    both(['$clone()', '$clone().$', '$filter(*,/a/)'], []);
    both(['items@$x#$j.{"k":$x.b}{$string(k):$}', 'items@$a#$b.items@$c#$d{$string($a.a): [$count($b),$sum($d)]}', 'items@$q@$w.{"k":$q.b}'], { items: [{ a: 1, b: 2 }, { a: 1, b: 3 }, { a: 2, b: 4 }] });
    return { grammar: () => expression(4), document, fixed };
};
