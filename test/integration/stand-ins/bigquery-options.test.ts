import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OwnBigQuery, openBigQuery, SCHEMA } from '../../support/bigquery-stand-in.ts';
import { freshName } from '../../support/stack-env.ts';
import { until } from '../../support/wait.ts';

let own: OwnBigQuery;
beforeAll(async () => {
  own = await openBigQuery();
});
afterAll(() => own?.close());

interface Table {
  numRows: string;
  expirationTime?: string;
  creationTime: string;
}
const DATED = [
  { name: 'id', type: 'INT64' },
  { name: 'dia', type: 'DATE' },
];
const OPTIONS = { timePartitioning: { type: 'DAY', field: 'dia' }, clustering: { fields: ['id'] } };
const uri = () => own.put('1,2026-01-02\n');
const get = (table: string) => own.rest<Table>('GET', `/datasets/d/tables/${table}`);
const patch = (table: string, body: object) => own.rest<Table>('PATCH', `/datasets/d/tables/${table}`, body);
const create = (table: string, body: object) =>
  own.rest<Table>('POST', '/datasets/d/tables', {
    tableReference: { projectId: own.project, datasetId: 'd', tableId: table },
    ...body,
  });

describe('write dispositions of the BigQuery stand-in', () => {
  it('WRITE_APPEND adds rows, and tells of those it added', async () => {
    const table = freshName();
    for (const count of ['1', '1']) {
      const job = await own.load(table, [await own.put('1,"a"\n')], { writeDisposition: 'WRITE_APPEND' });
      expect(job.statistics.load?.outputRows).toBe(count);
    }
    expect((await get(table)).numRows).toBe('2');
  });

  it('WRITE_APPEND refuses another schema', async () => {
    const table = freshName();
    await own.load(table, [await own.put('1,"a"\n')]);
    const changes = { schema: { fields: DATED }, writeDisposition: 'WRITE_APPEND' };
    const job = await own.load(table, [await uri()], changes);
    expect(job.status.errorResult?.reason).toBe('invalid');
    expect((await get(table)).numRows).toBe('1');
  });

  it('WRITE_EMPTY fills a table without rows, and fails as a duplicate where rows are', async () => {
    const table = freshName();
    await create(table, { schema: { fields: SCHEMA } });
    const load = async () => own.load(table, [await own.put('1,"a"\n')], { writeDisposition: 'WRITE_EMPTY' });
    expect((await load()).status.errorResult).toBeUndefined();
    expect((await load()).status.errorResult).toMatchObject({
      reason: 'duplicate',
      message: expect.stringContaining('Already Exists: Table'),
    });
    expect((await get(table)).numRows).toBe('1');
  });
});

describe('partitioning and clustering in the BigQuery stand-in', () => {
  it.each([
    [
      'a load',
      async (table: string) =>
        void (await own.load(table, [await uri()], { schema: { fields: DATED }, ...OPTIONS })),
    ],
    [
      'tables.insert',
      async (table: string) => void (await create(table, { schema: { fields: DATED }, ...OPTIONS })),
    ],
  ])('given with %s are kept by both truncates, said again or not', async (_, make) => {
    const table = freshName();
    await make(table);
    for (const writeDisposition of ['WRITE_TRUNCATE', 'WRITE_TRUNCATE_DATA'])
      for (const said of [{}, OPTIONS]) {
        const changes = { schema: { fields: DATED }, writeDisposition, ...said };
        const job = await own.load(table, [await uri()], changes);
        expect(job.status.errorResult).toBeUndefined();
        expect(await get(table)).toMatchObject({ ...OPTIONS, numRows: '1' });
      }
  });

  it.each([
    ['other than the table has', { timePartitioning: { type: 'MONTH', field: 'dia' } }, 'invalid'],
    ['clustered in another way', { clustering: { fields: ['dia'] } }, 'notImplemented'],
    ['by a column that goes', { schema: { fields: SCHEMA } }, 'invalid'],
  ])('fail a load that is partitioned %s', async (_, changes, reason) => {
    const table = freshName();
    await own.load(table, [await uri()], { schema: { fields: DATED }, ...OPTIONS });
    const job = await own.load(table, [await uri()], { schema: { fields: DATED }, ...changes });
    expect(job.status.errorResult?.reason).toBe(reason);
    expect(await get(table)).toMatchObject({ ...OPTIONS, numRows: '1' });
  });

  it.each([
    ['a column that is not there', { timePartitioning: { type: 'DAY', field: 'x' } }, 400],
    ['a column that is no time', { timePartitioning: { type: 'DAY', field: 'id' } }, 400],
    ['an interval it does not know', { timePartitioning: { type: 'WEEK', field: 'dia' } }, 400],
    ['a clustering column that is not there', { clustering: { fields: ['x'] } }, 400],
    ['the time of ingestion', { timePartitioning: { type: 'DAY' } }, 501],
    ['an option it does not know', { timePartitioning: { ...OPTIONS.timePartitioning, x: 1 } }, 501],
  ])('are refused by %s', async (_, options, code) => {
    await expect(create(freshName(), { schema: { fields: DATED }, ...options })).rejects.toMatchObject({
      code,
    });
  });
});

describe('expiration in the BigQuery stand-in', () => {
  const inMs = (ms: number) => String(Date.now() + ms);

  it('is given with a table, changed and taken away by tables.patch, and kept by a load', async () => {
    const table = freshName();
    const [first, second] = [inMs(60_000), inMs(120_000)];
    expect(await create(table, { schema: { fields: SCHEMA }, expirationTime: first })).toMatchObject({
      expirationTime: first,
    });
    expect((await patch(table, { expirationTime: second })).expirationTime).toBe(second);
    await own.load(table, [await own.put('1,"a"\n')]);
    expect((await get(table)).expirationTime).toBe(second);
    expect((await patch(table, { expirationTime: null })).expirationTime).toBeUndefined();
    await expect(patch(table, { expirationTime: inMs(-1) })).rejects.toMatchObject({ code: 400 });
  });

  it('takes the table away when its time has come', async () => {
    const table = freshName();
    // A time that is past before it is read is refused: then a later one.
    const soon = (ms: number): Promise<unknown> =>
      create(table, { schema: { fields: SCHEMA }, expirationTime: inMs(ms) }).catch((error) => {
        if (ms > 60_000) throw error;
        return soon(10 * ms);
      });
    await soon(200);
    const gone = () =>
      get(table).then(
        () => null,
        ({ code }) => code,
      );
    expect(await until(gone)).toBe(404);
    await create(table, { schema: { fields: SCHEMA } });
  });

  it('of partitions is changed by tables.patch, their column is not', async () => {
    const table = freshName();
    await create(table, { schema: { fields: DATED }, ...OPTIONS });
    const timePartitioning = { ...OPTIONS.timePartitioning, expirationMs: '86400000' };
    expect(await patch(table, { timePartitioning })).toMatchObject({ timePartitioning });
    const other = { timePartitioning: { type: 'MONTH', field: 'dia' } };
    await expect(patch(table, other)).rejects.toMatchObject({ code: 400 });
  });

  it('of a dataset is what new tables get, however they are made', async () => {
    const dataset = freshName();
    const hour = 3_600_000;
    const body = { datasetReference: { projectId: own.project, datasetId: dataset } };
    const defaultTableExpirationMs = String(hour);
    await own.rest('POST', '/datasets', { ...body, defaultTableExpirationMs });
    expect(await own.rest('GET', `/datasets/${dataset}`)).toMatchObject({ defaultTableExpirationMs });
    const destinationTable = { projectId: own.project, datasetId: dataset, tableId: 't' };
    await own.load('t', [await own.put('1,"a"\n')], { destinationTable });
    const table = await own.rest<Table>('GET', `/datasets/${dataset}/tables/t`);
    expect(Math.abs(Number(table.expirationTime) - Number(table.creationTime) - hour)).toBeLessThan(10_000);
    const patched = (changes: object) => own.rest('PATCH', `/datasets/${dataset}`, changes);
    expect(await patched({ defaultTableExpirationMs: null })).not.toHaveProperty('defaultTableExpirationMs');
    await expect(patched({ defaultTableExpirationMs: '1000' })).rejects.toMatchObject({ code: 400 });
    await expect(patched({ maxTimeTravelHours: '48' })).rejects.toMatchObject({ code: 501 });
  });

  it('of a dataset for partitions is what new partitioned tables get instead', async () => {
    const dataset = freshName();
    const [table, partition] = ['3600000', '7200000'];
    const datasetReference = { projectId: own.project, datasetId: dataset };
    const life = { defaultTableExpirationMs: table, defaultPartitionExpirationMs: partition };
    await own.rest('POST', '/datasets', { datasetReference, ...life });
    const made = await own.rest<Table>('POST', `/datasets/${dataset}/tables`, {
      tableReference: { ...datasetReference, tableId: 't' },
      schema: { fields: DATED },
      ...OPTIONS,
    });
    expect(made).toMatchObject({
      timePartitioning: { ...OPTIONS.timePartitioning, expirationMs: partition },
    });
    expect(made.expirationTime).toBeUndefined();
  });
});
