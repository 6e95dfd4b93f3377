import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OwnBigQuery, openBigQuery, SCHEMA } from '../../support/bigquery-stand-in.ts';
import { freshName } from '../../support/stack-env.ts';
import { pause } from '../../support/wait.ts';

let own: OwnBigQuery;
beforeAll(async () => {
  own = await openBigQuery();
});
afterAll(() => own?.close());

const uri = (id: number) => own.put(`${id},"linha"\n`);
const ids = async (table: string) => {
  const found = await own.rows(`SELECT id FROM \`d.${table}\` ORDER BY id`);
  return found.map((row) => (row as { id: number }).id);
};

/** A time at which the table is as it is now, and not again later. */
async function timeNow(): Promise<number> {
  await pause(2);
  const now = Date.now();
  await pause(2);
  return now;
}

/** A table loaded several times over; the times between. */
async function loaded(times: number): Promise<{ table: string; at: number[] }> {
  const table = freshName();
  const at = [await timeNow()];
  for (let id = 1; id <= times; id += 1) {
    await own.load(table, [await uri(id)]);
    at.push(await timeNow());
  }
  return { table, at };
}

describe('copies in the BigQuery stand-in', () => {
  it('put a table back to each of its last loads', async () => {
    const { table, at } = await loaded(3);
    for (const id of [1, 2, 3]) {
      const job = await own.copy(`${table}@${at[id]}`, table, { createDisposition: 'CREATE_NEVER' });
      expect(job).toMatchObject({ status: { state: 'DONE' }, statistics: { copy: { copiedRows: '1' } } });
      expect(job.status.errorResult).toBeUndefined();
      expect(await ids(table)).toEqual([id]);
    }
  });

  it('bring columns of the past back, also those that a patch or another schema changed', async () => {
    const { table, at } = await loaded(1);
    const wider = [...SCHEMA, { name: 'novo', type: 'DATE', mode: 'NULLABLE' }];
    await own.rest('PATCH', `/datasets/d/tables/${table}`, { schema: { fields: wider } });
    expect(await own.rows(`SELECT * FROM \`d.${table}\``)).toEqual([{ id: 1, texto: 'linha', novo: null }]);
    await own.load(table, [await own.put('7\n')], { schema: { fields: [{ name: 'n', type: 'INT64' }] } });
    await own.copy(`${table}@${at[1]}`, table);
    const facts = await own.rest<{ schema: { fields: object[] } }>('GET', `/datasets/d/tables/${table}`);
    expect(facts.schema.fields).toEqual(SCHEMA);
    expect(await ids(table)).toEqual([1]);
  });

  it('bring a deleted table back, also after a restart, until there is another of its name', async () => {
    const { table, at } = await loaded(2);
    const drop = () => own.rest('DELETE', `/datasets/d/tables/${table}`);
    await drop();
    await own.restart();
    await own.copy(`${table}@${at[1]}`, table);
    expect(await ids(table)).toEqual([1]);
    await drop();
    const gone = await own.copy(`${table}@${await timeNow()}`, table);
    expect(gone.status.errorResult).toMatchObject({ reason: 'notFound' });
    await own.load(table, [await uri(7)]);
    const taken = await own.copy(`${table}@${at[1]}`, table);
    expect(taken.status.errorResult).toMatchObject({ reason: 'invalid' });
    expect(await ids(table)).toEqual([7]);
  });

  it('remember the past over a restart', async () => {
    const { table, at } = await loaded(2);
    await own.restart();
    await own.copy(`${table}@${at[1]}`, table);
    expect(await ids(table)).toEqual([1]);
  });

  it.each([
    ['before the table was made', (at: number[]) => at[0], 'invalid', 'Cannot read before'],
    ['in the future', () => Date.now() + 60_000, 'invalid', 'Cannot read after'],
  ])('refuse a time %s', async (_, timeOf, reason, text) => {
    const { table, at } = await loaded(1);
    const job = await own.copy(`${table}@${timeOf(at)}`, table);
    expect(job.status.errorResult).toMatchObject({ reason, message: expect.stringContaining(text) });
    expect(await ids(table)).toEqual([1]);
  });

  it('say that they do not know what a statement wrote over, nor what is too long ago', async () => {
    const { table, at } = await loaded(2);
    await own.rows(`DELETE FROM \`d.${table}\` WHERE id = 2`);
    const overwritten = await own.copy(`${table}@${at[2]}`, table);
    expect(overwritten.status.errorResult?.reason).toBe('notImplemented');
    expect((await own.copy(`${table}@${at[1]}`, `${table}_1`)).status.errorResult).toBeUndefined();
    for (let id = 3; id < 8; id += 1) await own.load(table, [await uri(id)]);
    const forgotten = await own.copy(`${table}@${at[1]}`, table);
    expect(forgotten.status.errorResult?.reason).toBe('notImplemented');
    expect(await ids(table)).toEqual([7]);
  });

  it('go to another table with columns, partitioning and clustering, and append', async () => {
    const table = freshName();
    const options = { timePartitioning: { type: 'DAY', field: 'dia' }, clustering: { fields: ['id'] } };
    const fields = [
      { name: 'id', type: 'INT64' },
      { name: 'dia', type: 'DATE' },
    ];
    await own.load(table, [await own.put('1,2026-01-02\n')], { schema: { fields }, ...options });
    const copy = `${table}_copy`;
    await own.copy(table, copy, { writeDisposition: 'WRITE_EMPTY' });
    await own.copy(table, copy, { writeDisposition: 'WRITE_APPEND' });
    expect(await ids(copy)).toEqual([1, 1]);
    expect(await own.rest('GET', `/datasets/d/tables/${copy}`)).toMatchObject({
      schema: { fields },
      ...options,
      numRows: '2',
    });
  });

  it.each([
    ['WRITE_EMPTY where rows are', { writeDisposition: 'WRITE_EMPTY' }, 'duplicate'],
    ['another schema', { writeDisposition: 'WRITE_APPEND' }, 'invalid'],
  ])('fail for %s', async (_, changes, reason) => {
    const { table } = await loaded(1);
    const other = freshName();
    await own.load(other, [await own.put('9\n')], { schema: { fields: [{ name: 'id', type: 'INT64' }] } });
    const job = await own.copy(table, other, changes);
    expect(job.status.errorResult?.reason).toBe(reason);
    expect(await ids(other)).toEqual([9]);
  });

  it('fail where nothing is: no source, or no destination that may be made', async () => {
    const { table } = await loaded(1);
    const none = freshName();
    for (const [source, destination] of [
      [none, table],
      [table, none],
    ] as const) {
      const job = await own.copy(source, destination, { createDisposition: 'CREATE_NEVER' });
      expect(job.status.errorResult?.reason).toBe('notFound');
    }
  });

  it.each([
    ['a relative time', 'x@-3600000', {}],
    ['a snapshot table', 'x', { operationType: 'SNAPSHOT' }],
    ['another disposition', 'x', { writeDisposition: 'WRITE_TRUNCATE_DATA' }],
  ])('refuse %s loudly', async (_, source, changes) => {
    await expect(own.copy(source, 'y', changes)).rejects.toMatchObject({ code: 501 });
  });
});

it('a table of the BigQuery stand-in is found by its plain name after every change', async () => {
  const { table, at } = await loaded(2);
  const plain = async () => own.rows(`SELECT id, novo FROM d.${table}`);
  await own.copy(`${table}@${at[1]}`, table);
  const wider = [...SCHEMA, { name: 'novo', type: 'DATE', mode: 'NULLABLE' }];
  await own.rest('PATCH', `/datasets/d/tables/${table}`, { schema: { fields: wider } });
  expect(await plain()).toEqual([{ id: 1, novo: null }]);
  await own.rest('DELETE', `/datasets/d/tables/${table}`);
  await expect(plain()).rejects.toMatchObject({ code: 400 });
});
