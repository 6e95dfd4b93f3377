import { describe, expect, it } from 'vitest';
import { attemptName, objectNames } from '../../../../src/pipeline/names/index.ts';
import type { DestinationColumn } from '../../../../src/pipeline/ports/destination.ts';
import { createObject } from '../../../../src/pipeline/ports/json-objects.ts';
import { facts } from '../../../support/fakes/memory-destination.ts';
import { FRESH, load, setUpLoad } from '../../../support/load-set-up.ts';
import { loadObject } from '../../../support/samples.ts';

const MODIFIED = '2026-01-01T00:00:00.000Z';
/** Long after the load's own publish. */
const LATER = '2026-01-02T05:00:00.000Z';
const C: DestinationColumn = { name: 'c', type: 'INT64', mode: 'NULLABLE' };
const names = objectNames(load.sourceId);

describe('a publish', () => {
  it('puts the table back where BigQuery loaded another number of rows', async () => {
    const { run, destination } = setUpLoad();
    destination.tables.set('s.t', facts([C], 7, MODIFIED));
    destination.past.push({ table: 's.t', since: 0, facts: destination.tables.get('s.t')! });
    destination.wrongRows = 1;
    expect(await run()).toMatchObject({ outcome: 'failed', error: { code: 'LOADED_DIFFERS' } });
    expect(destination.copied).toHaveLength(1);
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
    expect(destination.copied).toEqual([]);
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
    const { run, destination, engine, bucket } = setUpLoad();
    destination.tables.set('s.t', facts([C], 1_000, MODIFIED));
    const stopped = await run();
    expect(stopped).toMatchObject({ outcome: 'failed', attempt: 1, error: { code: 'SHRUNK_TOO_MUCH' } });
    expect(stopped).toMatchObject({ error: { hint: expect.stringContaining('npm run accept -- run=') } });
    expect(destination.published).toEqual([]);
    const attemptId = attemptName(load.loadId, 1);
    expect(JSON.parse(String((await bucket.read(names.guard(attemptId)))?.bytes))).toMatchObject({
      rowsStaged: 2,
      before: { rows: 1_000 },
    });
    await createObject(bucket, names.accepted(attemptId), { version: 1, attemptId, acceptedAt: MODIFIED });
    expect(await run()).toMatchObject({ outcome: 'loaded', attempt: 1, row: { rows_loaded: 2 } });
    expect(engine.started).toHaveLength(1);
  });

  it('leaves what a later load has put there, where the first one is looked at again', async () => {
    const { run, destination } = setUpLoad();
    destination.wrongRows = 1;
    expect(await run()).toMatchObject({ error: { code: 'LOADED_DIFFERS' } });
    destination.wrongRows = null;
    destination.tables.set('s.t', facts([], 5, LATER));
    const again = await run();
    expect(again).toMatchObject({ error: { message: expect.stringContaining('has been changed since') } });
    expect(destination.tables.get('s.t')?.rows).toBe(5);
  });

  it('keeps what is there where partitions expire and the oldest rows were gone at once', async () => {
    const { run, destination } = setUpLoad();
    destination.tables.set('s.t', { ...facts([C], 1, MODIFIED), doPartitionsExpire: true });
    destination.rowsDropped = 1;
    expect(await run()).toMatchObject({ outcome: 'loaded', row: { rows_loaded: 2 } });
    expect(destination.tables.get('s.t')?.rows).toBe(1);
    expect(destination.copied).toEqual([]);
  });

  describe('of an accepted stage', () => {
    const accepted = async (columns: DestinationColumn[] = [C]) => {
      const setUp = setUpLoad();
      setUp.destination.tables.set('s.t', facts(columns, 1_000, MODIFIED));
      expect(await setUp.run()).toMatchObject({ error: { code: 'SHRUNK_TOO_MUCH' } });
      const attemptId = attemptName(load.loadId, 1);
      const object = { version: 1, attemptId, acceptedAt: MODIFIED };
      await createObject(setUp.bucket, names.accepted(attemptId), object);
      return setUp;
    };

    it('is refused where another load was published since, however small it has made the table', async () => {
      const { run, destination } = await accepted();
      destination.tables.set('s.t', facts([C], 5, LATER));
      expect(await run()).toMatchObject({ error: { code: 'NOTHING_TO_ACCEPT' } });
      expect(destination.tables.get('s.t')?.rows).toBe(5);
    });

    it('is tried again where its own first try has changed the columns', async () => {
      const { run, destination } = await accepted([]);
      destination.failures.push({ reason: 'backendError', message: 'x', isTransient: true });
      expect(await run()).toMatchObject({ outcome: 'loaded' });
      expect(destination.published).toHaveLength(2);
    });
  });

  it('stages in the order of the destination, so that a reordered source changes nothing there', async () => {
    const { run, destination, bucket } = setUpLoad();
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
    const spec = JSON.parse(String((await bucket.read(names.spec(attemptName(load.loadId, 1))))?.bytes));
    expect(spec.columns.map(({ name }: { name: string }) => name)).toEqual(['c', 'd']);
    expect(spec.queries.select).toMatch(/`c`.* AS c0, .* AS c1 FROM/);
  });

  describe('of a table that is partitioned otherwise', () => {
    const partitioning = { column: 'dia', granularity: 'DAY' as const };
    const withTableOptions = (recreate: boolean) =>
      loadObject({ ...load, tableOptions: { ...load.tableOptions, partitioning, recreate } });
    const setUpThere = (column: Partial<DestinationColumn> = { description: 'de gente' }) => {
      const setUp = setUpLoad();
      const there = facts([{ ...C, ...column }], 7, MODIFIED);
      setUp.destination.tables.set('s.t', there);
      return { ...setUp, there };
    };
    const NEW = 's.t__adutora_new';

    it('is refused before anything is read', async () => {
      const { run, engine } = setUpThere();
      expect(await run(FRESH, withTableOptions(false))).toMatchObject({
        error: { code: 'PARTITIONING_DIFFERS' },
      });
      expect(engine.started).toEqual([]);
    });

    it('makes it anew where the rules say so, with what people set on its columns', async () => {
      const { run, destination } = setUpThere();
      destination.failures.push({ reason: 'backendError', message: 'x', isTransient: true });
      expect(await run(FRESH, withTableOptions(true))).toMatchObject({ outcome: 'loaded' });
      const found = destination.tables.get('s.t');
      expect(found).toMatchObject({ rows: 2, partitioning, columns: [{ description: 'de gente' }] });
      expect(destination.tables.has(NEW)).toBe(false);
    });

    it('is told by its job where it went: a person may have made the table so between two tries', async () => {
      const { run, destination, there } = setUpThere();
      destination.failures.push({ reason: 'backendError', message: 'x', isTransient: true });
      const { publish } = destination;
      destination.publish = async (request) => {
        const job = await publish(request);
        if (job.error) destination.tables.set('s.t', { ...there, partitioning });
        return job;
      };
      expect(await run(FRESH, withTableOptions(true))).toMatchObject({ outcome: 'loaded' });
      expect(destination.published.map(({ destination: { table } }) => table)).toEqual([
        't__adutora_new',
        't',
      ]);
      expect(destination.tables.get('s.t')).toMatchObject({ rows: 2, partitioning });
    });

    it('but not where policies of its rows or columns would go', async () => {
      const tagged = setUpThere({ policyTags: { names: ['cpf'] } });
      const refused = { error: { code: 'SCHEMA_CHANGE_PROTECTED' } };
      expect(await tagged.run(FRESH, withTableOptions(true))).toMatchObject(refused);
      const { run, destination } = setUpThere();
      destination.protectedTables.add('s.t');
      expect(await run(FRESH, withTableOptions(true))).toMatchObject(refused);
    });

    it('stays as it was where BigQuery loaded another number of rows, or refused the load', async () => {
      const { run, destination, there } = setUpThere();
      destination.wrongRows = 1;
      const differs = await run(FRESH, withTableOptions(true));
      expect(differs).toMatchObject({ error: { code: 'LOADED_DIFFERS' } });
      expect(differs).toMatchObject({ error: { message: expect.stringContaining('as it was') } });
      expect([...destination.tables]).toEqual([['s.t', there]]);
      // Once more after a crash.
      expect(await run(FRESH, withTableOptions(true))).toMatchObject({ error: { code: 'LOADED_DIFFERS' } });
      expect([...destination.tables]).toEqual([['s.t', there]]);
      const other = setUpThere();
      other.destination.failures.push({ reason: 'invalid', message: 'no', isTransient: false });
      expect(await other.run(FRESH, withTableOptions(true))).toMatchObject({
        error: { code: 'PUBLISH_REJECTED' },
      });
      expect([...other.destination.tables]).toEqual([['s.t', other.there]]);
    });

    it.each(['before it is removed', 'before it is replaced', 'before the new one is removed'])(
      'is replaced once where a worker dies %s',
      async (moment) => {
        const { run, destination } = setUpThere();
        const { remove, drop, copy } = destination;
        const dies = async () => {
          Object.assign(destination, { remove, drop, copy });
          throw new Error('killed');
        };
        if (moment === 'before it is removed') destination.drop = dies;
        else if (moment === 'before it is replaced') destination.copy = dies;
        else destination.remove = async (ref) => (destination.published.length > 0 ? dies() : remove(ref));
        await expect(run(FRESH, withTableOptions(true))).rejects.toThrow('killed');
        expect(await run(FRESH, withTableOptions(true))).toMatchObject({ outcome: 'loaded' });
        expect(destination.tables.get('s.t')).toMatchObject({ rows: 2, partitioning });
        expect([...destination.tables.keys()]).toEqual(['s.t']);
        expect(destination.published).toHaveLength(1);
      },
    );
  });
});
