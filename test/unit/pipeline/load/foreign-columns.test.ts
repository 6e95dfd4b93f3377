import { describe, expect, it } from 'vitest';
import { forgetMade } from '../../../../src/pipeline/load/foreign-columns.ts';
import { loadName, objectNames, tableObjectKey } from '../../../../src/pipeline/names/index.ts';
import type { LoadObject, MappedColumn } from '../../../../src/pipeline/objects/load.ts';
import {
  setOptionsObjectSchema,
  tableOptionsSchema,
} from '../../../../src/pipeline/objects/table-options.ts';
import type { DestinationColumn } from '../../../../src/pipeline/ports/destination.ts';
import { createObject, readObject } from '../../../../src/pipeline/ports/json-objects.ts';
import { facts } from '../../../support/fakes/memory-destination.ts';
import { FRESH, load, setUpLoad } from '../../../support/load-set-up.ts';

const { sourceId, table } = load;
const names = objectNames(sourceId);
const [first] = load.columns as [MappedColumn];
const mapped = (...columns: string[]) => columns.map((name) => ({ ...first, name, destinationName: name }));
const there = (name: string, changes: Partial<DestinationColumn> = {}): DestinationColumn => ({
  name,
  type: 'INT64',
  mode: 'NULLABLE',
  ...changes,
});

/** One night after the other on one destination, each with a run of its own. */
function setUp(columns: readonly DestinationColumn[] | null) {
  const parts = setUpLoad();
  const { bucket, destination, engine } = parts;
  const set = (now: readonly DestinationColumn[]) =>
    destination.tables.set('s.t', facts(now, 2, '2026-01-01T00:00:00.000Z'));
  if (columns) set(columns);
  let nights = 0;
  return {
    bucket,
    engine,
    set,
    columns: () => destination.tables.get('s.t')?.columns.map(({ name }) => name),
    made: async () =>
      (await readObject(bucket, names.design(tableObjectKey(table)), setOptionsObjectSchema))?.value.made,
    /** Leaves the LOAD.json of an earlier run, as an older version did, and nothing else. */
    earlier: async (...wanted: string[]) => {
      const runId = '20250101T030000Z';
      const name = loadName(runId, table);
      await createObject(bucket, names.load(runId, name), {
        ...load,
        runId,
        loadId: name,
        columns: mapped(...wanted),
      });
    },
    night: async (wanted: string[], changes: Partial<LoadObject> = {}) => {
      nights += 1;
      const runId = `2026010${nights}T030000Z`;
      const what = { ...load, runId, loadId: loadName(runId, table), columns: mapped(...wanted), ...changes };
      const outcome = await parts.run(FRESH, what);
      return 'error' in outcome ? `${outcome.error.code}: ${outcome.error.message}` : outcome.outcome;
    },
  };
}

const DROP = { publishing: { ...load.publishing, foreignColumns: 'drop' as const } };
const PROTECTED =
  /^SCHEMA_CHANGE_PROTECTED: The destination has columns that Adutora never made: obs_do_analista\./;

describe('a column that a person added in BigQuery', () => {
  it('stops the load before anything is read, and stays', async () => {
    const { night, engine, columns } = setUp(null);
    expect(await night(['c'])).toBe('loaded');
    const person = setUp([there('c'), there('obs_do_analista', { type: 'STRING' })]);
    expect(await person.night(['c'])).toMatch(PROTECTED);
    expect([person.engine.started, person.columns()]).toEqual([[], ['c', 'obs_do_analista']]);
    expect([engine.started.length, columns()]).toEqual([1, ['c']]);
  });

  it.each([
    ['a record', there('obs_do_analista', { type: 'STRUCT' })],
    ['a repeated one', there('obs_do_analista', { mode: 'REPEATED' })],
  ])('stops it too where it is %s', async (_, column) => {
    expect(await setUp([there('c'), column]).night(['c'])).toMatch(PROTECTED);
  });

  it('stops it where the table would be made anew', async () => {
    const partitioning = { column: 'c', granularity: 'DAY' as const };
    const tableOptions = tableOptionsSchema.parse({ partitioning, recreate: true });
    const { night, engine } = setUp([there('c'), there('obs_do_analista')]);
    expect(await night(['c'], { tableOptions })).toMatch(PROTECTED);
    expect(engine.started).toEqual([]);
  });

  it('stops the publish where it was added while rows were read', async () => {
    const { night, engine, set, columns } = setUp([there('c')]);
    const { run } = engine;
    engine.run = async (...input) => {
      set([there('c'), there('obs_do_analista')]);
      return run(...input);
    };
    expect(await night(['c'])).toMatch(PROTECTED);
    expect(columns()).toEqual(['c', 'obs_do_analista']);
  });

  it('goes where a rule says so', async () => {
    const { night, columns } = setUp([there('c'), there('obs_do_analista')]);
    expect(await night(['c'], DROP)).toBe('loaded');
    expect(columns()).toEqual(['c']);
  });
});

describe('a column of ours', () => {
  it('goes when it is dropped in MySQL, as before; a column that a person makes under its name then is theirs', async () => {
    const { night, columns, set, made } = setUp(null);
    expect(await night(['c', 'obs_do_analista'])).toBe('loaded');
    expect(await made()).toEqual(['c', 'obs_do_analista']);
    expect(await night(['c'])).toBe('loaded');
    expect([columns(), await made()]).toEqual([['c'], ['c']]);
    set([there('c'), there('obs_do_analista')]);
    expect(await night(['c'])).toMatch(PROTECTED);
  });

  it('is known by an earlier LOAD.json where an older version remembered nothing', async () => {
    const { night, columns, earlier } = setUp([there('c'), there('Velha')]);
    await earlier('c', 'velha');
    expect(await night(['c'])).toBe('loaded');
    expect(columns()).toEqual(['c']);
  });

  it('stays ours through nights that fail', async () => {
    const { night, engine, columns, made } = setUp(null);
    expect(await night(['c', 'velha'])).toBe('loaded');
    const stop = { publishing: { ...load.publishing, schemaChanges: 'stop' as const } };
    expect(await night(['c'], stop)).toMatch(/^SCHEMA_CHANGE_REFUSED/);
    expect(await made()).toEqual(['c', 'velha']);
    expect(await night(['c'])).toBe('loaded');
    expect([columns(), engine.started.length]).toEqual([['c'], 3]);
  });

  it('that is renamed in case only is the same column', async () => {
    const { night, columns } = setUp([there('c'), there('nome')]);
    expect(await night(['c', 'NOME'])).toBe('loaded');
    expect(columns()).toEqual(['c', 'NOME']);
  });

  it('is looked for anew after a person has put the table back to a time when it was there', async () => {
    const { night, set, bucket, earlier } = setUp(null);
    await earlier('c', 'velha');
    expect(await night(['c'])).toBe('loaded');
    set([there('c'), there('velha')]);
    await forgetMade({ sourceId, table }, bucket);
    expect(await night(['c'])).toBe('loaded');
  });
});
