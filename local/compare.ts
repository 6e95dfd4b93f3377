import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'dotenv';
import { guardOutput } from '../src/terminal/guard-output.ts';
import { readArguments } from './arguments.ts';
import { compareSchema, comparisonLine } from './compare/compare-schema.ts';
import { STACK_ENV_FILE } from './tools/paths.ts';

const USAGE = `Usage: npm run compare [-- --schema NAME] [--json]

The running stack's MySQL against its destinations, row by row.
Exit: 0 all equal · 1 something differs · 2 usage · 3 no stack runs`;

guardOutput();
const { values } = readArguments(USAGE, {
  schema: { type: 'string', default: 'slmandic' },
  json: { type: 'boolean' },
});
if (!existsSync(STACK_ENV_FILE)) {
  process.stderr.write('No local stack runs: npm run stack starts it.\n');
  process.exit(3);
}
const env = parse(readFileSync(STACK_ENV_FILE));
const report = values.json
  ? () => undefined
  : (comparison: Parameters<typeof comparisonLine>[0]) =>
      void process.stdout.write(`${comparisonLine(comparison)}\n`);
const comparisons = await compareSchema(env, values.schema, report);
if (values.json) process.stdout.write(`${JSON.stringify(comparisons)}\n`);
process.exit(comparisons.every(({ isEqual }) => isEqual) ? 0 : 1);
