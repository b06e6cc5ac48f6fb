// Compares ours with the reference implementation on generated expressions and documents.
//   node diff.js DRIVER [--count N] [--seed N] [--only N] [--show]
// A difference is shrunk and printed with the seed that repeats it. Exit status 1 if there were any, 77 if npm's jsonata is not installed.
'use strict';
const { spawn } = require('child_process');
const readline = require('readline');

const NOW = 1521801216617;
const RealDate = Date;
global.Date = class extends RealDate {
    constructor(...args) { if (args.length) super(...args); else super(NOW); }
    static now() { return NOW; }
};

let jsonata;
try { jsonata = require('jsonata'); } catch (e) {
    console.log('SKIPPED: npm package jsonata is not installed (npm ci in tests/jsonata-diff)');
    process.exit(77);
}

const options = { count: 3000, seed: 1, only: -1, show: false };
const driverPath = process.argv[2];
for (let i = 3; i < process.argv.length; i++) {
    const name = process.argv[i].slice(2);
    if (name === 'show') options.show = true;
    else options[name] = Number(process.argv[++i]);
}

// --- our side ------------------------------------------------------------------------------------------------------
const driver = spawn(driverPath, [], { stdio: ['pipe', 'pipe', 'inherit'] });
const waiting = [];
readline.createInterface({ input: driver.stdout }).on('line', line => waiting.shift()(line));
driver.on('exit', (code, signal) => { if (waiting.length) { console.log(`driver ended: ${code} ${signal} at ${current}`); process.exit(1); } });
let current = '';
// String.prototype.toWellFormed, which Debian's Node does not have yet.
function wellFormed(text) {
    return text.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '\uFFFD');
}

function ours(test) {
    current = JSON.stringify(test);
    return new Promise(resolve => {
        waiting.push(line => resolve(JSON.parse(line)));
        driver.stdin.write(JSON.stringify(test) + '\n');
    });
}

// --- their side -----------------------------------------------------------------------------------------------------
async function theirs(test) {
    try {
        const expression = jsonata(test.e);
        const input = test.i === undefined ? undefined : JSON.parse(JSON.stringify(test.i));
        const value = await expression.evaluate(input, test.b);
        if (value === undefined) return { u: 1 };
        if (isFunction(value)) return { f: 1 };
        if (holdsStrange(value, 0)) return { strange: 1 };
        return { v: JSON.parse(JSON.stringify(value, (k, v) => isFunction(v) ? '' : typeof v === 'string' ? wellFormed(v) : v)) };
    } catch (e) {
        if (e && e.code) return { c: e.code, t: e.token, p: e.position, m: e.message };
        return { crash: String(e && e.message) };
    }
}
function isFunction(v) { return typeof v === 'function' || (v && (v._jsonata_lambda || v._jsonata_function)); }
function holdsStrange(v, depth) {
    if (typeof v === 'number') return !Number.isFinite(v);
    if (depth > 100) return true;
    return v !== null && typeof v === 'object' && Object.values(v).some(x => !isFunction(x) && holdsStrange(x, depth + 1));
}

// Ours report the whole token, theirs a place within it.
const late = new Set(['S0103', 'S0104', 'S0106', 'S0401', 'S0402', 'S0102', 'S0301', 'S0209', 'S0210', 'S0213']);

// --- comparing --------------------------------------------------------------------------------------------------------
function same(a, b) {
    if (typeof a === 'number' && typeof b === 'number') return a === b || Math.abs(a - b) <= 2e-15 * Math.abs(a);
    if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return a === b;
    if (Array.isArray(a) !== Array.isArray(b)) return false;
    const x = Object.keys(a), y = Object.keys(b);
    return x.length === y.length && x.every(k => Object.hasOwn(b, k) && same(a[k], b[k]));
}
// Where ours is meant to differ: docs/conformance-jsonata.md.
function known(a, b, text) {
    if (/\(\?|\?\)/.test(text) && (b.c === 'T0410' || b.c === 'T0412')) return true;  // partially applied functions check their arguments
    if (/\$eval/.test(text) && /function/.test(text)) return true;                          // what $eval sees from a tail call
    if (/\{\(+\$\w+[(]/.test(text) && /\)\[/.test(text)) return true;                // a predicate after a call in tail position
    if (/\*.*\]\./.test(text) && (a.u || b.u || (b.v && b.v.length === 0))) return true; // "*" sees the flags of a sequence there
    if (b.c === 'D1001' && /NaN/.test(JSON.stringify(a.v))) return true;                 // a date that cannot be: "NaN-NaN-NaN" there
    if (a.v !== undefined && b.v !== undefined && same(JSON.parse(JSON.stringify(a.v).replace(/\[null\]/g, '[]')), b.v)) return true; // grouping an empty array adds a member to it there
    return a.c && a.c === b.c && (a.t === 'and' || a.t === 'or');                      // the token of an error within
}
// Ours counts bytes, theirs UTF-16 units.
const units = (text, bytes) => Buffer.from(text).subarray(0, bytes).toString().length;
const isName = token => /^[A-Za-z0-9]*$/.test(token);
function agree(a, b, text) { // a: theirs
    if (a.crash !== undefined) return true;          // a JavaScript exception: nothing to learn
    if (a.strange) return (b.c && b.c[0] === 'U') || b.c === 'D1001' || b.c === 'D3110' || b.c === 'D3030'; // NaN, Infinity: no JSON; ours says so
    if (b.c && b.c[0] === 'U') return true;          // a limit of ours
    if (known(a, b, text)) return true;
    if (a.c) {
        // The members of arrays and objects are evaluated concurrently there: which error comes first is chance.
        if (a.c !== b.c) return !!b.c && a.c[0] !== 'S' && /[[{]/.test(text);
        if (a.c[0] === 'S' && a.p !== undefined && a.p !== units(text, b.p) && !late.has(a.c)) return false;
        // Which function's name it is depends there on calls made before.
        return a.t === undefined || typeof a.t !== 'string' || (a.c[0] !== 'S' && /[[{]/.test(text)) || (isName(a.t) && isName(b.t)) || wellFormed(a.t) === b.t;
    }
    if (a.u) return !!b.u;
    if (a.f) return !!b.f;
    return b.v !== undefined && same(a.v, b.v);
}

// --- randomness and generation -----------------------------------------------------------------------------------------------
let state;
function seed(n) { state = (n * 2654435761 + 12345) >>> 0; for (let i = 0; i < 5; i++) random(); }
function random() { // mulberry32
    state = (state + 0x6D2B79F5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = n => Math.floor(random() * n);
const pick = list => list[below(list.length)];
const chance = p => random() < p;

const { grammar, document } = require('./grammar.js')({ below, pick, chance });

// A tree of strings and trees; every inner tree can be replaced by one of its parts when shrinking.
function render(tree) { return typeof tree === 'string' ? tree : tree.map(render).join(''); }

// --- shrinking ---------------------------------------------------------------------------------------------------------------
function* smallerTrees(tree) {
    if (typeof tree === 'string') return;
    for (const part of tree) if (typeof part !== 'string') yield part;
    for (const leaf of ['1', '"a"', '$', 'a', '[]', 'true']) if (render(tree) !== leaf && render(tree).length > leaf.length) yield [leaf];
    for (let i = 0; i < tree.length; i++)
        if (typeof tree[i] !== 'string') for (const smaller of smallerTrees(tree[i])) yield [...tree.slice(0, i), smaller, ...tree.slice(i + 1)];
}
function* smallerValues(v) {
    if (v === null || typeof v !== 'object') return;
    if (Array.isArray(v)) {
        for (let i = 0; i < v.length; i++) yield [...v.slice(0, i), ...v.slice(i + 1)];
        for (let i = 0; i < v.length; i++) for (const s of smallerValues(v[i])) yield [...v.slice(0, i), s, ...v.slice(i + 1)];
    } else {
        for (const k of Object.keys(v)) { const c = { ...v }; delete c[k]; yield c; }
        for (const k of Object.keys(v)) for (const s of smallerValues(v[k])) yield { ...v, [k]: s };
    }
}
async function differs(tree, input) {
    const test = { e: render(tree), i: input };
    const [a, b] = [await theirs(test), await ours(test)];
    return agree(a, b, test.e) ? null : { a, b };
}
async function shrink(tree, input) {
    for (let rounds = 0, progress = true; progress && rounds < 400; rounds++) {
        progress = false;
        for (const smaller of smallerTrees(tree))
            if (await differs(smaller, input)) { tree = smaller; progress = true; break; }
        for (const smaller of smallerValues(input))
            if (await differs(tree, smaller)) { input = smaller; progress = true; break; }
    }
    return { tree, input };
}

// --- main ---------------------------------------------------------------------------------------------------------------------
(async () => {
    const { fixed } = require('./grammar.js')({ below, pick, chance });
    let failures = 0, kinds = {};
    const seen = new Set();
    const report = (what, tree, input, difference) => {
        failures++;
        console.log(`DIFFERENT (${what}): ${render(tree)}\n  input:  ${JSON.stringify(input)}\n  theirs: ${JSON.stringify(difference.a)}\n  ours:   ${JSON.stringify(difference.b)}`);
    };
    if (options.only < 0)
        for (const [text, input] of fixed) {
            const difference = await differs([text], input);
            if (difference) report('fixed', [text], input, difference);
        }
    for (let n = 0; n < options.count; n++) {
        if (options.only >= 0 && n !== options.only) continue;
        seed(options.seed * 1000003 + n);
        let input = document(), tree = grammar();
        if (options.show) console.log(render(tree));
        const difference = await differs(tree, input);
        const kind = await theirs({ e: render(tree), i: input }).then(a => a.c || Object.keys(a)[0]);
        kinds[kind] = (kinds[kind] || 0) + 1;
        if (!difference) continue;
        const small = await shrink(tree, input);
        const text = render(small.tree);
        if (seen.has(text)) continue;
        seen.add(text);
        report(`--seed ${options.seed} --only ${n}`, small.tree, small.input, await differs(small.tree, small.input));
        if (failures >= 25) break;
    }
    console.log(`${options.count} expressions from seed ${options.seed}: ${failures} differences; outcomes ${JSON.stringify(kinds)}`);
    driver.stdin.end();
    process.exit(failures ? 1 : 0);
})();
