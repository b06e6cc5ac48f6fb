// Times the reference implementation on the same expressions and documents, and compares:
//   node bench.js EXPRESSIONS DOCUMENT...            prints the same lines as bench.c
//   node bench.js --compare OURS.tsv THEIRS.tsv      prints a table and the geometric mean
'use strict';
const fs = require('fs');
const { spawnSync } = require('child_process');

function compare(ours, theirs) {
    const read = path => new Map(fs.readFileSync(path, 'utf8').trim().split('\n').map(l => { const [n, d, t] = l.split('\t'); return [`${n}\t${require('path').basename(d, '.json')}`, Number(t)]; }));
    const a = read(ours), b = read(theirs);
    let logs = 0, rows = 0, worst = Infinity;
    const time = ns => ns < 1e3 ? `${ns} ns` : ns < 1e6 ? `${(ns / 1e3).toFixed(1)} us` : `${(ns / 1e6).toFixed(1)} ms`;
    console.log('| expression | document | drrun | jsonata-js | ratio |\n| --- | --- | ---: | ---: | ---: |');
    for (const [key, ns] of a) {
        if (!b.has(key)) continue;
        if (!(b.get(key) > 0)) { console.log(`| ${key.replace('\t', ' | ')} | ${time(ns)} | out of memory | |`); continue; }
        const ratio = b.get(key) / ns;
        logs += Math.log(ratio); rows++; worst = Math.min(worst, ratio);
        console.log(`| ${key.replace('\t', ' | ')} | ${time(ns)} | ${time(b.get(key))} | ${ratio.toFixed(1)} |`);
    }
    console.log(`\n${rows} rows, geometric mean ${Math.exp(logs / rows).toFixed(1)}, least ${worst.toFixed(1)}`);
}

// A row each in a process of its own, since some of them exhaust its memory or its stack.
async function row(expressions, number, path) {
    const jsonata = require('../../jsonata-diff/node_modules/jsonata');
    const [name, text] = read(expressions)[number];
    const document = JSON.parse(fs.readFileSync(path, 'utf8'));
    const expression = jsonata(text);
    const cpu = () => { const u = process.cpuUsage(); return (u.user + u.system) * 1e3; };
    const started = cpu();
    let best = Infinity;
    for (let round = 0; round < 5 && (round < 2 || cpu() - started < 2e9); round++) {
        let count = 0, elapsed;
        const start = cpu();
        do { await expression.evaluate(document); count++; elapsed = cpu() - start; } while (elapsed < 5e7);
        best = Math.min(best, elapsed / count);
        if (elapsed > 2e10) break;
    }
    console.log(`${name}\t${path}\t${best.toFixed(0)}`);
}
const read = path => fs.readFileSync(path, 'utf8').split('\n').filter(l => l && l[0] !== '#').map(l => l.split('\t'));

function main() {
    const [option, ...rest] = process.argv.slice(2);
    if (option === '--compare') return compare(rest[0], rest[1]);
    if (option === '--row') return row(rest[0], Number(rest[1]), rest[2]);
    for (const path of rest)
        read(option).forEach(([name], number) => {
            const child = spawnSync(process.execPath, ['--max-old-space-size=4000', __filename, '--row', option, number, path], { encoding: 'utf8', timeout: 300000 });
            process.stdout.write(child.status === 0 ? child.stdout : `${name}\t${path}\tfailed\n`);
        });
}
main();
