// Prints interpreter/expression/jsonata/case.def from this Node's own Unicode tables:
//   node tests/jsonata-diff/case-table.js > interpreter/expression/jsonata/case.def
'use strict';

function ranges(map) {
    const found = [];
    for (let code = 0x80; code <= 0x10ffff; code++) {
        if (code >= 0xd800 && code < 0xe000) continue;
        const mapped = [...map(String.fromCodePoint(code))];
        if (mapped.length !== 1) continue;
        const delta = mapped[0].codePointAt(0) - code;
        if (delta === 0) continue;
        const last = found[found.length - 1];
        if (last && last.delta === delta && last.step === 0 && code - last.to <= 2) {
            last.step = code - last.to;
            last.to = code;
        } else if (last && last.delta === delta && code === last.to + last.step) {
            last.to = code;
        } else {
            found.push({ from: code, to: code, step: 0, delta });
        }
    }
    return found;
}

function specials(map) {
    const found = [];
    for (let code = 0x80; code <= 0x10ffff; code++) {
        if (code >= 0xd800 && code < 0xe000) continue;
        const mapped = [...map(String.fromCodePoint(code))];
        if (mapped.length !== 1) found.push({ code, to: mapped.map(c => c.codePointAt(0)) });
    }
    return found;
}

// What counts for the final sigma: letters that have case, and marks that are passed over.
function classes(test) {
    const found = [];
    for (let code = 0; code <= 0x10ffff; code++) {
        if (code >= 0xd800 && code < 0xe000) continue;
        if (!test(String.fromCodePoint(code))) continue;
        const last = found[found.length - 1];
        if (last && code === last.to + 1) last.to = code;
        else found.push({ from: code, to: code });
    }
    return found;
}

const hex = n => '0x' + n.toString(16).toUpperCase();
const upper = c => c.toUpperCase(), lower = c => c.toLowerCase();
console.log('/* Case beyond ASCII, printed by tests/jsonata-diff/case-table.js from Unicode ' + process.versions.unicode + '.');
console.log(' * Every `step`-th character from `from` to `to` becomes itself plus `delta`; some become several characters. */');
for (const [name, map] of [['UPPER', upper], ['LOWER', lower]]) {
    for (const r of ranges(map)) console.log(`JX_${name}(${hex(r.from)}, ${hex(r.to)}, ${r.step || 1}, ${r.delta})`);
    for (const s of specials(map))
        console.log(`JX_${name}_MANY(${hex(s.code)}, ${[...s.to, 0, 0].slice(0, 3).map(hex).join(', ')})`);
}
for (const r of classes(c => /\p{Cased}/u.test(c) && !/\p{Case_Ignorable}/u.test(c))) console.log(`JX_CASED(${hex(r.from)}, ${hex(r.to)})`);
for (const r of classes(c => /\p{Case_Ignorable}/u.test(c))) console.log(`JX_IGNORABLE(${hex(r.from)}, ${hex(r.to)})`);
