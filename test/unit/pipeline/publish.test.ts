import { describe, expect, it } from 'vitest';
import { createObject } from '../../../src/pipeline/json-objects.ts';
import { attemptName, objectNames } from '../../../src/pipeline/names.ts';
import { facts } from '../../support/fakes/memory-destination.ts';
import { FRESH, load, setUpLoad } from '../../support/load-set-up.ts';
import { loadObject } from '../../support/samples.ts';

const MODIFIED = '2026-01-01T00:00:00.000Z';
const names = objectNames(load.sourceId);

describe('a publish', () => {
  it('puts the table back where BigQuery loaded another number of rows', async () => {
    const { run, destination } = setUpLoad();
    destination.tables.set('s.t', facts([{ name: 'c', type: 'INT64', mode: 'NULLABLE' }], 7, MODIFIED));
    destination.past.push({ table: 's.t', since: 0, facts: destination.tables.get('s.t')! });
    destination.wrongRows = 1;
    expect(await run()).toMatchObject({ outcome: 'failed', error: { code: 'LOADED_DIFFERS' } });
    expect(destination.restored).toHaveLength(1);
    expect(destination.tables.get('s.t')?.rows).toBe(7);
    // After a crash the publish is found, and that it was put back.
    destination.wrongRows = null;
    expect(await run()).toMatchObject({ outcome: 'failed', error: { code: 'LOADED_DIFFERS' } });
  });

  it('removes a table that only its publish has made, where BigQuery loaded another number of rows', async () => {
    const { run, destination } = setUpLoad();
    destination.wrongRows = 1;
    expect(await run()).toMatchObject({ outcome: 'failed', error: { code: 'LOADED_DIFFERS' } });
    expect(destination.tables.has('s.t')).toBe(false);
    expect(destination.restored).toEqual([]);
  });

  it('tells what it changed of the schema, also after a crash between publish and record', async () => {
    const { run, destination } = setUpLoad();
    destination.tables.set('s.t', facts([], 0, MODIFIED));
    const change = { added: ['c'], removed: [], retyped: [], reordered: false };
    expect(await run()).toMatchObject({ outcome: 'loaded', row: { schema_change: change } });
    expect(await run()).toMatchObject({ outcome: 'loaded', row: { schema_change: change } });
    expect(destination.published[0]).toMatchObject({ disposition: 'keep-schema' });
  });

  it('stops before the table shrinks by much, keeps the stage, and publishes that very stage once accepted', async () => {
    const { run, destination, engine, stage } = setUpLoad();
    destination.tables.set('s.t', facts([{ name: 'c', type: 'INT64', mode: 'NULLABLE' }], 1_000, MODIFIED));
    const stopped = await run();
    expect(stopped).toMatchObject({ outcome: 'failed', attempt: 1, error: { code: 'SHRUNK_TOO_MUCH' } });
    expect(stopped).toMatchObject({ error: { hint: expect.stringContaining('npm run accept -- run=') } });
    expect(destination.published).toEqual([]);
    const attempt = attemptName(load.load, 1);
    expect(JSON.parse(String((await stage.read(names.guard(attempt)))?.bytes))).toMatchObject({
      rowsStaged: 2,
      before: { rows: 1_000 },
    });
    await createObject(stage, names.accepted(attempt), { version: 1, attempt, acceptedAt: MODIFIED });
    expect(await run()).toMatchObject({ outcome: 'loaded', attempt: 1, row: { rows_loaded: 2 } });
    expect(engine.started).toHaveLength(1);
  });

  it('stages in the order of the destination, so that a reordered source changes nothing there', async () => {
    const { run, destination, stage } = setUpLoad();
    const [column] = load.columns;
    const two = loadObject({
      ...load,
      columns: [{ ...column!, name: 'd', destinationName: 'd' }, column!],
    });
    const shape = ['c', 'd'].map((name) => ({ name, type: 'INT64', mode: 'NULLABLE' as const }));
    destination.tables.set('s.t', facts(shape, 0, MODIFIED));
    expect(await run(FRESH, two)).toMatchObject({
      outcome: 'loaded',
      row: { schema_change: null },
    });
    const spec = JSON.parse(String((await stage.read(names.spec(attemptName(load.load, 1))))?.bytes));
    expect(spec.columns.map(({ name }: { name: string }) => name)).toEqual(['c', 'd']);
    expect(spec.queries.select).toMatch(/`c`.* AS c0, .* AS c1 FROM/);
  });

  describe('of a table that is partitioned otherwise', () => {
    const partitioning = { column: 'dia', granularity: 'DAY' as const };
    const designed = (recreate: boolean) =>
      loadObject({ ...load, design: { ...load.design, partitioning, recreate } });
    const there = () => ({ ...facts([{ name: 'c', type: 'INT64', mode: 'NULLABLE' }], 7, MODIFIED) });

    it('is refused before anything is read', async () => {
      const { run, destination, engine } = setUpLoad();
      destination.tables.set('s.t', there());
      expect(await run(FRESH, designed(false))).toMatchObject({ error: { code: 'PARTITIONING_DIFFERS' } });
      expect(engine.started).toEqual([]);
    });

    it('makes it anew where the rules say so, but not where row access policies would go', async () => {
      const { run, destination } = setUpLoad();
      destination.tables.set('s.t', there());
      destination.protectedTables.add('s.t');
      expect(await run(FRESH, designed(true))).toMatchObject({ error: { code: 'SCHEMA_CHANGE_PROTECTED' } });
      destination.protectedTables.clear();
      expect(await run(FRESH, designed(true))).toMatchObject({ outcome: 'loaded' });
      expect(destination.tables.get('s.t')).toMatchObject({ rows: 2, partitioning });
    });

    it('is put back to what it was where BigQuery loaded another number of rows', async () => {
      const { run, destination } = setUpLoad();
      destination.tables.set('s.t', there());
      destination.past.push({ table: 's.t', since: 0, facts: destination.tables.get('s.t')! });
      destination.wrongRows = 1;
      expect(await run(FRESH, designed(true))).toMatchObject({ error: { code: 'LOADED_DIFFERS' } });
      expect(destination.tables.get('s.t')).toMatchObject({ rows: 7, partitioning: null });
    });
  });
});
