/* Hostile expressions: each limit at the limit and one past it, with a clear error; and the C stack stays small. */
#include "interpreter/expression/jsonata/jsonata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

/* Evaluates and returns the error's code, "" if there was none, "undefined" or "function"; valid until the next call.
 */
static const char *outcome(const char *text, const struct jsonata_environment *environment)
{
    static char code[16];
    struct jsonata_error error = {.code = ""};
    json_t *value = NULL;
    struct jsonata *program = jsonata_compile(text, strlen(text), environment, &error);
    enum jsonata_status status = JSONATA_ERROR;
    if (program)
        status = jsonata_eval(program, NULL, NULL, environment, &value, &error);
    jsonata_free(program);
    json_decref(value);
    if (status == JSONATA_ERROR) {
        assert_int_equal(strlen(error.code), 5);
        assert_true(strlen(error.message) > 10);
    }
    const char *said = status == JSONATA_ERROR ? error.code : status == JSONATA_UNDEFINED ? "undefined" : "";
    (void)snprintf(code, sizeof code, "%s", status == JSONATA_FUNCTION ? "function" : said);
    return code;
}

static void expect(const char *text, const struct jsonata_environment *environment, const char *wanted)
{
    const char *got = outcome(text, environment);
    if (strcmp(got, wanted) != 0)
        print_error("%.80s\n", text);
    assert_string_equal(got, wanted);
}

static char *repeated(const char *before, const char *middle, const char *after, size_t count)
{
    size_t b = strlen(before), a = strlen(after), m = strlen(middle);
    char *text = malloc(count * (a + b) + m + 1);
    assert_non_null(text);
    for (size_t i = 0; i < count; i++) {
        memcpy(text + i * b, before, b);
        memcpy(text + count * b + m + i * a, after, a);
    }
    memcpy(text + count * b, middle, m);
    text[count * (a + b) + m] = '\0';
    return text;
}

static void expect_repeated(const char *before, const char *middle, const char *after, size_t count, const char *wanted)
{
    char *text = repeated(before, middle, after, count);
    expect(text, NULL, wanted);
    free(text);
}

static void nesting_of_expressions(void **state)
{
    (void)state;
    /* Shaping counts the innermost operand too. */
    expect_repeated("(", "1", ")", 499, "");
    expect_repeated("(", "1", ")", 500, "U1001");
    expect_repeated("(", "1", ")", 100000, "U1001");
    expect_repeated("[", "1", "]", 100000, "U1001");
    expect_repeated("{\"a\":", "1", "}", 100000, "U1001");
    expect_repeated("-", "1", "", 100000, "U1001");
    expect_repeated("function(){", "1", "}", 50000, "U1001");
    expect_repeated("$f(", "1", ")", 100000, "U1001");
    expect_repeated("a[", "1", "]", 100000, "U1001");
    expect_repeated("a?", "1", ":2", 100000, "U1001");
    expect_repeated("", "1", "+1", 499, "");
    expect_repeated("", "1", "+1", 500, "U1001");
    expect_repeated("", "1", "+1", 200000, "U1001");
    expect_repeated("", "a", ".a", 200000, "U1001");
    expect_repeated("", "a", "[0]", 200000, "U1001");
    expect_repeated("", "a", "^(b)", 100000, "U1001");
    expect_repeated("", "$f", "()", 200000, "U1001");
    expect_repeated("", "1", "~>$f", 100000, "U1001");
    expect_repeated("%.", "a", "", 100000, "U1001");
    expect_repeated("$a:=", "1", "", 100000, "U1001");
    expect_repeated("1??", "1", "", 100000, "U1001");
}

static void size_of_expressions(void **state)
{
    (void)state;
    char *text = repeated(" ", "1", "", (1 << 20) - 1);
    expect(text, NULL, "");
    free(text);
    text = repeated(" ", "1", "", 1 << 20);
    expect(text, NULL, "U1002");
    free(text);
}

static void depth_of_evaluation(void **state)
{
    (void)state;
    expect("($f:=function($n){$n=0?0:1+$f($n-1)};$f(300))", NULL, "");
    expect("($f:=function($n){$n=0?0:1+$f($n-1)};$f(400))", NULL, "U1001");
    expect("($f:=function($n){1+$f($n)};$f(1))", NULL, "U1001");
    expect("($f:=function($n){$map([1],function($x){$f($n)})};$f(1))", NULL, "U1001");
    expect("($f:=function($n){$sort([1,2],function($a,$b){[$f($n)]})};$f(1))", NULL, "U1001");
    expect("($f:=function($n){$replace(\"a\",/a/,function($m){$f(1)&\"\"})};$f(1))", NULL, "U1001");
    expect("($f:=function($n){{\"a\":[$f($n)]}};$f(1))", NULL, "U1001");
    expect("($f:=function($n){([1,2][$f($n)])};$f(1))", NULL, "U1001");
    expect("($f:=function($n){([{\"a\":1},{\"a\":2}]^($f($n).a))};$f(1))", NULL, "U1001");
    expect("($f:=function($n){([{\"a\":1}].a@$x#$i.($f($n)+1))};$f(1))", NULL, "U1001");
    expect("($f:=function($n){$eval(\"1+$f(1)\")+1};$f(1))", NULL, "U1001");
    expect("($f:=function($n){$n ~> |$|{\"a\":[$f($n)]}|};$f({}))", NULL, "U1001");
    expect("($f:=$uppercase;$c:=function($g,$n){$n=0?$g:$c($g~>$f,$n-1)};$c($f,5000)(\"a\"))", NULL, "U1001");
    struct jsonata_environment shallow = {.depth_max = 3};
    expect("[[1]]", &shallow, "");
    expect("[[[1]]]", &shallow, "U1001");
}

static void tail_calls_need_no_depth(void **state)
{
    (void)state;
    expect("($f:=function($n){$n=0?0:$f($n-1)};$f(100000))", NULL, "");
    expect("($even:=function($n){$n=0?true:$odd($n-1)};$odd:=function($n){$n=0?false:$even($n-1)};$even(50001))", NULL,
           "");
    /* ... nor memory, while only scalars go round. */
    struct jsonata_environment small = {.memory_max = 100000};
    expect("($f:=function($n){$n=0?0:$f($n-1)};$f(100000))", &small, "");
    expect("$sum($map([1..100],function($x){$sum([1..1000].($*$x))}))", &small, "");
    expect("$count([1..1000][$sum([1..20].($*2)) > 0])", &small, "");
    expect("[1..10000].[$]", &small, "U1002");
}

static void steps(void **state)
{
    (void)state;
    struct jsonata_environment few = {.steps_max = 10000};
    expect("($f:=function(){$f()};$f())", &few, "U1001");
    expect("$count([1..4900].($))", &few, "");
    expect("$count([1..5100].($))", &few, "U1001");
    expect("$pad(\"a\",20000)", &few, "U1001");
    expect("$formatInteger(1e15,\"I\")", &few, "U1001");
    expect("$formatInteger(1e300,\"i\")", NULL, "U1001");
    /* Values that share their parts: 2^40 members in forty arrays. */
    static const char shared[] = "($a:=$reduce([1..40],function($x,$y){[[$x],[$x]]},[]);";
    static const char *const walks[] = {"$string($a))",  "$a=$reduce([1..40],function($x,$y){[[$x],[$x]]},[]))",
                                        "$boolean($a))", "$a.**)",
                                        "$a.x)",         "$a.*)",
                                        "$keys($a))",    "$spread($a))",
                                        "$clone($a))",   "$a)"};
    for (size_t i = 0; i < sizeof walks / sizeof *walks; i++) {
        char text[256];
        (void)snprintf(text, sizeof text, "%s%s", shared, walks[i]);
        const char *got = outcome(text, &few);
        if (strcmp(got, "U1001") != 0 && strcmp(got, "U1002") != 0)
            print_error("%s: %s\n", text, got);
        assert_true(strcmp(got, "U1001") == 0 || strcmp(got, "U1002") == 0);
    }
}

static void size_of_results(void **state)
{
    (void)state;
    struct jsonata_environment small = {.bytes_max = 1000};
    expect("$pad(\"\",992)", &small, "");
    expect("$pad(\"\",993)", &small, "U1002");
    expect("[1..100]", &small, "");
    expect("[1..125]", &small, "U1002");
    struct jsonata_environment memory = {.memory_max = 1 << 20};
    expect("$length($pad(\"\",100000))", &memory, "");
    expect("$length($pad(\"\",2000000))", &memory, "U1002");
    expect("($f:=function($s){$f($s&$s)};$f(\"aaaaaaaa\"))", &memory, "U1002");
    expect("[1..10000001]", NULL, "D2014");
    expect("$count([1..10000000])", NULL, "");
}

static void nesting_of_values(void **state)
{
    (void)state;
    expect("$reduce([1..513],function($a,$b){[[$a]]},[])", NULL, "U1001");
    expect("$reduce([1..512],function($a,$b){[[$a]]},[])", NULL, "");
    static const char deep[] = "($a:=$reduce([1..5000],function($x,$y){[[$x]]},[]);";
    static const char *const walks[] = {"$string($a))", "$a=$clone($a))", "$boolean($a))", "$count($a.**))",
                                        "$a.x)",        "$a.*)",          "$keys($a))",    "$spread($a))",
                                        "$clone($a))",  "/a/($a))"};
    for (size_t i = 0; i < sizeof walks / sizeof *walks; i++) {
        char text[256];
        (void)snprintf(text, sizeof text, "%s%s", deep, walks[i]);
        expect(text, NULL, "U1001");
    }
    /* An object put into itself by a transform. */
    expect("{} ~> |$|{\"q\":$}|", NULL, "U1001");
}

static void backtracking(void **state)
{
    (void)state;
    expect("$contains(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",/^(a+)+$/)", NULL, "");
    expect("$contains(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\",/^(a|aa)+$/)", NULL, "U1003");
    expect("$match(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\",/^(?:a|aa)+$/)", NULL, "U1003");
    expect("$replace(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\",/^(a|aa)+$/,\"\")", NULL, "U1003");
    expect("/^(a|aa)+$/(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\")", NULL, "U1003");
}

static void signatures(void **state)
{
    (void)state;
    char *text = repeated("s?", "", "", 255), *whole = malloc(2000);
    assert_non_null(whole);
    (void)snprintf(whole, 2000, "function($a)<%s>{$a}(\"x\")", text);
    expect(whole, NULL, "");
    (void)snprintf(whole, 2000, "function($a)<%ss>{$a}(\"x\")", text);
    expect(whole, NULL, "U1002");
    free(text);
    text = repeated("s+", "", "", 100);
    (void)snprintf(whole, 2000, "function($a)<%s>{$a}(%s1)", text,
                   "\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",");
    expect(whole, NULL, "T0410");
    free(text);
    free(whole);
}

int main(void)
{
    /* The stack of the first thread grows only as far as this. */
    struct rlimit stack = {4 << 20, 4 << 20};
    if (setrlimit(RLIMIT_STACK, &stack) != 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nesting_of_expressions),
        cmocka_unit_test(size_of_expressions),
        cmocka_unit_test(depth_of_evaluation),
        cmocka_unit_test(tail_calls_need_no_depth),
        cmocka_unit_test(steps),
        cmocka_unit_test(size_of_results),
        cmocka_unit_test(nesting_of_values),
        cmocka_unit_test(backtracking),
        cmocka_unit_test(signatures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
