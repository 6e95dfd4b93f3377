import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { destinationName } from '../../src/pipeline/mapping/destination-name.ts';
import type { SummaryObject } from '../../src/pipeline/objects/run.ts';
import { compareWithDestination, createOddTable } from '../support/odd-tables.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { FIRST_SEED } from '../support/seed.ts';
import { pause } from '../support/wait.ts';

const TABLES = 8;

/** What MySQL allows in an identifier: the basic plane without NUL, no space at the end. */
const identifier = fc
  .string({
    minLength: 1,
    maxLength: 20,
    unit: fc.oneof(
      fc.constantFrom(...'aZ9_$ .`"\'\\/;-%#{}é\u00a0漢'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    ),
  })
  .map(
    (text) =>
      `${[...text]
        .filter((unit) => unit > '\u0000' && unit < '\ud800')
        .join('')
        .slice(0, 40)}x`,
  );

/**
 * Tables by name, each with its columns; some of them are refused, for names that would become one.
 */
const random = new Map(
  fc.sample(
    fc.tuple(identifier, fc.uniqueArray(identifier, { minLength: 1, maxLength: 30, selector: mysqlKey })),
    {
      seed: FIRST_SEED,
      numRuns: TABLES,
    },
  ),
);

/** MySQL tells columns apart by neither case nor accent. */
function mysqlKey(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{Mn}/gu, '');
}

let sandbox: Sandbox;
let summary: SummaryObject;

beforeAll(async () => {
  sandbox = await openSandbox({ INGEST_CONCURRENCY: '2' });
  // Names that MySQL itself takes for one are no case for us.
  for (const [table, columns] of random)
    await createOddTable(sandbox, { table, columns }).catch(() => random.delete(table));
  await pause(2_500);
  await sandbox.start(['worker']);
  summary = await sandbox.run();
});
afterAll(() => sandbox?.close());

it(`loads every table of random names exactly, or refuses it with the reason (SEED=${FIRST_SEED})`, async () => {
  expect(random.size).toBeGreaterThan(TABLES / 2);
  expect(summary.tables).toHaveLength(random.size);
  for (const { table, status, failure } of summary.tables) {
    const columns = random.get(table) ?? [];
    const destinations = new Set(['zz_id', ...columns].map((name) => destinationName(name).toLowerCase()));
    const isClear = destinations.size === columns.length + 1;
    const twin = [...random.keys()].find(
      (other) =>
        other !== table && destinationName(other).toLowerCase() === destinationName(table).toLowerCase(),
    );
    const seen = `${JSON.stringify(table)} of ${columns.length} columns`;
    if (status === 'loaded')
      expect([seen, (await compareWithDestination(sandbox, table)).differences]).toEqual([seen, []]);
    else expect([seen, failure?.code]).toEqual([seen, twin ? 'DESTINATION_COLLISION' : 'NAME_UNSUITABLE']);
    expect([seen, status]).toEqual([seen, isClear && !twin ? 'loaded' : 'failed']);
  }
});
