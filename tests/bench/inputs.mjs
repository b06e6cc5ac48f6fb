// Writes every definition and input of the benchmark into a folder: `node inputs.mjs FOLDER HTTP_URL`.
import { mkdirSync, writeFileSync } from 'node:fs';

const [folder, url] = process.argv.slice(2);
const write = (name, value) => writeFileSync(`${folder}/${name}`, typeof value === 'string' ? value : JSON.stringify(value));

// A loop of Pass and Choice; `steps` transitions in all.
const loop = (steps, after) => ({
  StartAt: 'Count',
  States: {
    Count: { Type: 'Pass', Parameters: { 'n.$': 'States.MathAdd($.n, 1)' }, Next: 'Enough' },
    Enough: {
      Type: 'Choice',
      Choices: [{ Variable: '$.n', NumericGreaterThanEquals: steps / 2, Next: 'Done' }],
      Default: 'Count',
    },
    Done: { Type: 'Pass', ...(after ? { Next: Object.keys(after)[0] } : { End: true }) },
    ...after,
  },
});

// `times` turns of one Task, one after another.
const repeat = (times, task) => ({
  StartAt: 'Call',
  States: {
    Call: { Type: 'Task', ResultPath: null, ...task, Next: 'Count' },
    Count: { Type: 'Pass', Parameters: { 'n.$': 'States.MathAdd($.n, 1)' }, Next: 'Enough' },
    Enough: {
      Type: 'Choice',
      Choices: [{ Variable: '$.n', NumericGreaterThanEquals: times, Next: 'Done' }],
      Default: 'Call',
    },
    Done: { Type: 'Succeed' },
  },
});

const map = (iterator, concurrency) => ({
  StartAt: 'All',
  States: {
    All: {
      Type: 'Map',
      ItemsPath: '$.items',
      MaxConcurrency: concurrency,
      ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, StartAt: 'Each', States: { Each: { ...iterator, End: true } } },
      ResultPath: null,
      End: true,
    },
  },
});

const http = { Resource: 'http:invoke', Parameters: { ApiEndpoint: url, Method: 'GET' } };
const log = { Resource: 'log:write', Parameters: { Message: 'durable' } };
const items = (count) => ({ items: Array.from({ length: count }, (_, i) => i) });
const chain = (count) => {
  const States = {};
  for (let i = 0; i < count; i++) States[`S${i}`] = { Type: 'Pass', ...(i + 1 < count ? { Next: `S${i + 1}` } : { End: true }) };
  return { StartAt: 'S0', States };
};
const payload = (bytes) => {
  const rows = [];
  for (let size = 0, i = 0; size < bytes; i++) {
    const row = { id: i, name: `row ${i}`, tags: ['a', 'b', 'c'], value: i / 7, ok: i % 2 === 0 };
    rows.push(row);
    size += JSON.stringify(row).length + 1;
  }
  return { rows };
};

mkdirSync(folder, { recursive: true });
write('zero.json', { n: 0 });
write('pass.json', { StartAt: 'P', States: { P: { Type: 'Pass', End: true } } });
write('loop.json', loop(100000));
write('map.json', map({ Type: 'Pass' }, 0));
write('items-10000.json', items(10000));
write('items-1000.json', items(1000));
write('waits.json', map({ Type: 'Wait', Seconds: 1 }, 0));
write('http-sequential.json', repeat(1000, http));
write('http-concurrent.json', map({ Type: 'Task', ...http }, 100));
write('durable-sequential.json', repeat(4000, log));
write('durable-concurrent.json', map({ Type: 'Task', ...log }, 100));
write('chain.json', chain(1000));
write('payload-256k.json', payload(256 << 10));
write('payload-10m.json', payload(10 << 20));
write('resume.json', loop(100000, { Sleep: { Type: 'Wait', Seconds: 2, Next: 'Call' }, Call: { Type: 'Task', ...http, End: true } }));

// 1,000 definitions of 30 states in YAML, as a person writes them.
mkdirSync(`${folder}/definitions`, { recursive: true });
for (let file = 0; file < 1000; file++) {
  const lines = [`Comment: definition ${file}`, 'StartAt: Step0', 'States:'];
  for (let i = 0; i < 30; i++) {
    const next = i === 29 ? ['    End: true'] : [`    Next: Step${i + 1}`];
    if (i % 5 === 1 && i < 29)
      lines.push(`  Step${i}:`, '    Type: Choice', '    Choices:', `      - Variable: $.value${i}`, '        StringEquals: "yes"', `        Next: Step${i + 1}`,
        `      - And:`, `          - Variable: $.count`, '            NumericGreaterThan: 10', '          - Variable: $.name', '            IsPresent: true', `        Next: Step${(i + 2) % 30}`,
        `    Default: Step${i + 1}`);
    else if (i % 5 === 3)
      lines.push(`  Step${i}:`, '    Type: Task', '    Resource: arn:aws:states:::lambda:invoke', '    Parameters:', '      FunctionName: check', '      Payload:',
        `        id.$: $.items[${i}].id`, "        text.$: States.Format('{} of {}', $.a, $.b)", '    ResultPath: $.result', '    Retry:', '      - ErrorEquals: [States.TaskFailed]',
        '        IntervalSeconds: 2', '        MaxAttempts: 3', '        BackoffRate: 1.5', '    Catch:', '      - ErrorEquals: [States.ALL]', '        ResultPath: $.error',
        '        Next: Step29', ...next);
    else
      lines.push(`  Step${i}:`, '    Type: Pass', '    Comment: sets a few values', '    Parameters:', `      step: ${i}`, `      name.$: $.names[${i}]`, '    ResultPath: $.last', ...next);
  }
  write(`definitions/d${file}.yaml`, lines.join('\n') + '\n');
}
