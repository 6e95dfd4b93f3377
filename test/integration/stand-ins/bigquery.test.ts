import { gzipSync } from 'node:zlib';
import { BigQuery } from '@google-cloud/bigquery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LOCATION, type OwnBigQuery, openBigQuery, SCHEMA, TOKEN } from '../../support/bigquery-stand-in.ts';
import { freshName } from '../../support/stack-env.ts';

let own: OwnBigQuery;
let client: BigQuery;

beforeAll(async () => {
  own = await openBigQuery();
  client = own.client;
});
afterAll(() => own?.close());

const put = (bytes: string | Buffer) => own.put(bytes);
const insert: OwnBigQuery['insertLoad'] = (...args) => own.insertLoad(...args);
const load: OwnBigQuery['load'] = (...args) => own.load(...args);
const rows = (sql: string) => own.rows(sql);

describe('load jobs of the BigQuery stand-in', () => {
  it('load several objects whole, plain or gzip, quoted newlines and null marker as the real one', async () => {
    const one = await put(`1,"a ""b"", c\n"\n2,${TOKEN}\n`);
    const two = await put(`3,"${TOKEN}"\n4,""\n`);
    const job = await load('texts', [one, two]);
    expect(job.statistics.load).toMatchObject({ outputRows: '4', inputFiles: '2' });
    const expected = [
      { id: 1, texto: 'a "b", c\n' },
      { id: 2, texto: null },
      { id: 3, texto: TOKEN },
      { id: 4, texto: '' },
    ];
    expect(await rows('SELECT * FROM `d.texts` ORDER BY id')).toEqual(expected);
    await load('zipped', [await put(gzipSync('5,"x"\n')), await put(gzipSync('6,"y"\n'))]);
    expect(await rows('SELECT COUNT(*) AS n FROM `d.zipped`')).toEqual([{ n: 2 }]);
  });

  it.each([
    ['a value of another type', 'x,"a"\n', {}],
    ['a missing column', '1\n', {}],
    ['a column too many', '1,"a","b"\n', {}],
    ['NULL in a REQUIRED column', `${TOKEN},"a"\n`, {}],
    [
      'another schema with WRITE_TRUNCATE_DATA',
      '1,2\n',
      {
        schema: { fields: [SCHEMA[0], { name: 'n', type: 'INT64' }] },
        writeDisposition: 'WRITE_TRUNCATE_DATA',
      },
    ],
  ])('leave the table whole when they meet %s', async (_, bad, changes) => {
    await load('kept', [await put('1,"um"\n2,"dois"\n')]);
    const [before] = await client.dataset('d').table('kept').getMetadata();
    const job = await load('kept', [await put('7,"good"\n'), await put(bad)], changes);
    expect(job.status.errorResult?.reason).toBe('invalid');
    expect(await rows('SELECT id FROM `d.kept` ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }]);
    const [after] = await client.dataset('d').table('kept').getMetadata();
    expect(after.lastModifiedTime).toBe(before.lastModifiedTime);
  });

  it('fail whole when an object is not there', async () => {
    const job = await load('kept', [await put('9,"x"\n'), `gs://${own.bucket.name}/gone.csv`]);
    expect(job.status.errorResult?.reason).toBe('notFound');
    expect(await rows('SELECT id FROM `d.kept` ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it('keep descriptions with WRITE_TRUNCATE_DATA, and drop them and the policies with WRITE_TRUNCATE', async () => {
    const uri = await put('1,"a"\n');
    await load('said', [uri]);
    const table = client.dataset('d').table('said');
    const described = SCHEMA.map((field) => ({ ...field, description: `about ${field.name}` }));
    await table.setMetadata({ schema: { fields: described } } as never);
    await load('said', [uri], { writeDisposition: 'WRITE_TRUNCATE_DATA' });
    expect((await table.getMetadata())[0].schema.fields[0].description).toBe('about id');
    await load('said', [uri]);
    expect((await table.getMetadata())[0].schema.fields[0].description).toBeUndefined();
  });

  it('never use an id twice, also after a restart', async () => {
    const jobId = freshName();
    await insert('once', [await put('1,"a"\n')], {}, { jobId });
    const again = async () => insert('once', [await put('2,"b"\n')], {}, { jobId });
    await expect(again()).rejects.toMatchObject({ code: 409, errors: [{ reason: 'duplicate' }] });
    await own.restart();
    await expect(again()).rejects.toMatchObject({ code: 409 });
    expect(await rows('SELECT id FROM `d.once`')).toEqual([{ id: 1 }]);
  });

  it('are found in their location only', async () => {
    const jobId = freshName();
    await insert('once', [await put('1,"a"\n')], {}, { jobId });
    await expect(client.job(jobId, { location: 'US' }).getMetadata()).rejects.toMatchObject({ code: 404 });
    await client.job(jobId, { location: LOCATION }).getMetadata();
  });

  it.each([
    ['an option it does not know', { allowJaggedRows: true }],
    ['another dialect', { fieldDelimiter: ';' }],
    ['another disposition', { writeDisposition: 'WRITE_SOMEHOW' }],
    ['a wildcard', { sourceUris: ['gs://b/*'] }],
  ])('refuse %s loudly', async (_, changes) => {
    await expect(insert('loud', [await put('1,"a"\n')], changes)).rejects.toThrow();
  });

  it('refuse labels that the real one would not take', async () => {
    await expect(insert('loud', [await put('1,"a"\n')], {}, { labels: { run: '2026T' } })).rejects.toThrow();
  });
});

describe('queries of the BigQuery stand-in', () => {
  it('take typed parameters, and give every type as the client knows it', async () => {
    const [found] = await client.query({
      query: 'SELECT @text AS text, @number AS number, @at AS at, @none AS none',
      params: { text: "it's", number: 42, at: BigQuery.timestamp('2026-01-02T03:04:05.678Z'), none: null },
      types: { none: 'STRING' },
      location: LOCATION,
    });
    expect(found).toMatchObject([{ text: "it's", number: 42, none: null }]);
    expect(found[0].at.value).toBe('2026-01-02T03:04:05.678Z');
  });

  it('page through what is long', async () => {
    const [all] = await client.query({
      query: 'SELECT * FROM range(25000) AS t(i) ORDER BY i',
      location: LOCATION,
    });
    expect([all.length, all.at(-1)?.i]).toEqual([25_000, 24_999]);
  });

  it('may name a table again that they read from or write to', async () => {
    await load('named', [await put('1,"a"\n2,"b"\n')]);
    await rows(
      'MERGE INTO `d.named` AS T USING (SELECT id FROM `d.named` WHERE named.id = 2) AS S ON T.id = S.id WHEN MATCHED THEN DELETE',
    );
    expect(await rows('SELECT named.id FROM `d.named` ORDER BY named.id')).toEqual([{ id: 1 }]);
  });

  it('say what is wrong with a statement', async () => {
    await expect(rows('SELECT nothing FROM nowhere')).rejects.toMatchObject({ code: 400 });
  });
});

describe('tables and datasets of the BigQuery stand-in', () => {
  it('are made, listed, changed and removed', async () => {
    await client.createDataset('more', { location: LOCATION });
    const table = client.dataset('more').table('t');
    await table.create({ schema: SCHEMA } as never);
    await expect(table.create({ schema: SCHEMA } as never)).rejects.toMatchObject({ code: 409 });
    await table.setMetadata({ schema: { fields: [...SCHEMA, { name: 'novo', type: 'DATE' }] } } as never);
    expect((await table.getMetadata())[0].schema.fields).toHaveLength(3);
    expect((await client.dataset('more').getTables())[0].map(({ id }) => id)).toEqual(['t']);
    await expect(client.dataset('more').delete()).rejects.toThrow();
    await table.delete();
    await expect(table.getMetadata()).rejects.toMatchObject({ code: 404 });
    await client.dataset('more').delete();
    expect((await client.getDatasets())[0].map(({ id }) => id)).toEqual(['d']);
  });

  it('answer a call it does not know with an error, not with silence', async () => {
    const answer = await fetch(`${own.address}/bigquery/v2/projects/${client.projectId}/models`);
    expect(answer.ok).toBe(false);
    expect(await answer.text()).toContain('stand-in');
  });
});
