import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quoteIdentifier } from '../../../src/pipeline/names/table-ref.ts';
import { connectTo, type PrivateServer } from '../private-server.ts';
import { pause } from '../wait.ts';
import { SETTLED_MS } from './event-matrix.ts';
import { type Decisions, openWorld, type World } from './world.ts';

const SCHEMA = 'sl-mandic é/日 x';
/** Longer ones would be too long for a file's name. */
const NAME_LENGTH = 48;
/**
 * Where MariaDB has sequences of two characters in file names, and then one in 61 of all others:
 * `@0n` for ç, `@65e5` for 日.
 */
const RANGES: readonly (readonly [from: number, to: number, step: number])[] = [
  [0x01, 0x5ff, 1],
  [0x600, 0x1dff, 61],
  [0x1e00, 0x1fff, 1],
  [0x2000, 0x215f, 61],
  [0x2160, 0x217f, 1],
  [0x24b0, 0x24ef, 1],
  [0x2500, 0xd7ff, 61],
  [0xe000, 0xfeff, 61],
  [0xff20, 0xff5f, 1],
  [0xfff0, 0xffff, 1],
];
const ODD = [
  'notas-2024',
  'ção',
  'c d',
  "o'h",
  '`x`',
  'a#P#b',
  'a.b',
  '€uro',
  'x@0041',
  'MÜLLER',
  'lost+found',
];

/** Tables whose names are not what their files are called. */
export function describeNames(open: () => PrivateServer): void {
  describe('names that files cannot have', () => {
    const names = [...ODD, ...everyCharacter()];
    let server: PrivateServer;
    let world: World;
    const run = async (sql: string) => {
      const admin = await connectTo(server);
      await admin.query(sql).finally(() => admin.end());
    };
    const path = (name: string) => `${quoteIdentifier(SCHEMA)}.${quoteIdentifier(name)}`;
    const reasons = (decisions: Decisions) => new Set(Object.values(decisions));

    beforeAll(async () => {
      server = open();
      await run(`CREATE DATABASE ${quoteIdentifier(SCHEMA)}`);
      for (const name of names)
        await run(`CREATE TABLE ${path(name)} (id INT PRIMARY KEY); INSERT INTO ${path(name)} VALUES (1)`);
      await run(
        `CREATE TABLE ${path('p-1 é')} (id INT PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION ${quoteIdentifier('é-1')} VALUES LESS THAN (10))`,
      );
      await pause(SETTLED_MS);
      world = openWorld({ server, schemas: [SCHEMA] });
    });
    afterAll(() => run(`DROP DATABASE ${quoteIdentifier(SCHEMA)}`));

    it('are known, whatever their characters, and skipped when nothing was written', async () => {
      expect(reasons(await world.night())).toEqual(new Set(['load never_loaded']));
      const plan = await world.plan();
      expect(Object.keys(plan)).toHaveLength(names.length + 1);
      expect(Object.entries(plan).filter(([, decision]) => decision !== 'skip unchanged')).toEqual([]);
    });

    it('show the change of their own storage, and of no other table', async () => {
      await run(
        `TRUNCATE ${path('a.b')}; ALTER TABLE ${path('p-1 é')} TRUNCATE PARTITION ${quoteIdentifier('é-1')}`,
      );
      await pause(SETTLED_MS);
      const changed = Object.entries(await world.plan()).filter(
        ([, decision]) => decision !== 'skip unchanged',
      );
      expect(changed.map(([name]) => name.split('.')[1]).sort()).toEqual(['`a', '`p-1 é`']);
    });
  });
}

/** Names that hold each character of the ranges once. */
function everyCharacter(): string[] {
  const all = RANGES.flatMap(([from, to, step]) =>
    Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, at) =>
      String.fromCharCode(from + at * step),
    ),
  );
  return Array.from(
    { length: Math.ceil(all.length / NAME_LENGTH) },
    (_, at) =>
      // A name must not end in a space, and two that differ in case alone are two.
      `${all.slice(at * NAME_LENGTH, (at + 1) * NAME_LENGTH).join('')}${at}`,
  );
}
