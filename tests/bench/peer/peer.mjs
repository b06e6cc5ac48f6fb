// Runs the peer on the same inputs: `node peer.mjs run DEFINITION INPUT` or `node peer.mjs yaml FILE...`.
// Prints seconds of the work alone: starting node is not held against it.
import { readFileSync } from 'node:fs';

const [mode, ...rest] = process.argv.slice(2);
const seconds = (start) => Number(process.hrtime.bigint() - start) / 1e9;

if (mode === 'run') {
  const { StateMachine } = await import('aws-local-stepfunctions');
  const definition = JSON.parse(readFileSync(rest[0], 'utf8'));
  const input = JSON.parse(readFileSync(rest[1], 'utf8'));
  const machine = new StateMachine(definition, { validationOptions: { noValidate: true } });
  const start = process.hrtime.bigint();
  await machine.run(input).result;
  console.log(seconds(start));
} else if (mode === 'yaml') {
  const yaml = await import('js-yaml');
  const load = yaml.load ?? yaml.default.load;
  const texts = rest.map((file) => readFileSync(file, 'utf8'));
  const start = process.hrtime.bigint();
  for (const text of texts) load(text);
  console.log(seconds(start));
} else {
  console.error('usage: peer.mjs run DEFINITION INPUT | yaml FILE...');
  process.exit(2);
}
