import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parse } from 'dotenv';
import { compareSchema, comparisonLine } from './compare/compare-schema.ts';
import { STACK_ENV_FILE } from './stack/paths.ts';

/** `node local/compare.ts [--schema NAME] [--json]`: the running stack's MySQL against its destinations; exit code 1 if anything differs. */
const { values } = parseArgs({
  options: { schema: { type: 'string', default: 'slmandic' }, json: { type: 'boolean' } },
});
const env = parse(readFileSync(STACK_ENV_FILE));
const report = values.json
  ? () => undefined
  : (comparison: Parameters<typeof comparisonLine>[0]) =>
      void process.stdout.write(`${comparisonLine(comparison)}\n`);
const comparisons = await compareSchema(env, values.schema, report);
if (values.json) process.stdout.write(`${JSON.stringify(comparisons)}\n`);
process.exit(comparisons.every(({ isEqual }) => isEqual) ? 0 : 1);
