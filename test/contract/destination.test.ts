import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PublishJob, PublishRequest, TableChanges } from '../../src/pipeline/ports/destination.ts';
import { type OpenedDestination, openBigQuery, openMemory, TOKEN } from '../support/open-destination.ts';
import { onRealProject } from '../support/real-project.ts';
import { freshName } from '../support/stack-env.ts';
import { pause, until } from '../support/wait.ts';

const COLUMNS = [
  { name: 'id', type: 'INT64', mode: 'REQUIRED' },
  { name: 'texto', type: 'STRING', mode: 'NULLABLE' },
] as const;

describe.each<{ name: string; open(): OpenedDestination }>([
  { name: 'BigQuery', open: () => openBigQuery() },
  { name: 'in memory', open: openMemory },
  ...onRealProject(openBigQuery),
])('a destination, $name', ({ open }) => {
  let opened: OpenedDestination;
  const dataset = freshName();
  const table = { dataset, table: 'alunos' };
  const request = (changes: Partial<PublishRequest>): PublishRequest => ({
    id: freshName(),
    labels: { installation: 'test', attempt: 'a1' },
    destination: table,
    uris: [],
    columns: COLUMNS,
    nullToken: TOKEN,
    disposition: 'replace-schema',
    partitioning: null,
    clustering: [],
    ...changes,
  });
  const publish = async (changes: Partial<PublishRequest>): Promise<PublishJob> => {
    const { destination } = opened;
    const { id } = await destination.publish(request(changes));
    return until(async () => {
      const job = await destination.getPublish(id);
      return job?.state === 'done' && job;
    });
  };

  beforeAll(async () => {
    opened = open();
    await opened.destination.ensureDataset(dataset);
    await opened.destination.ensureDataset(dataset);
  });
  afterAll(() => opened?.drop?.(dataset));

  it('knows what is not there', async () => {
    const { destination } = opened;
    expect(await destination.describe(table)).toBeNull();
    expect(await destination.getPublish(freshName())).toBeNull();
    expect((await destination.describeDataset(dataset)).size).toBe(0);
    expect((await destination.describeDataset(freshName())).size).toBe(0);
    expect(await destination.hasRowAccessPolicies(table)).toBe(false);
  });

  it('publishes objects under an id, and tells of the job what was asked for', async () => {
    const id = freshName();
    const job = await publish({ id, uris: await opened.good() });
    expect(job).toMatchObject({
      id,
      state: 'done',
      error: null,
      kind: 'load',
      destination: table,
      outputRows: 2,
      labels: { installation: 'test', attempt: 'a1' },
    });
    expect(await opened.destination.describe(table)).toMatchObject({ columns: COLUMNS, rows: 2 });
    const { rows, lastModified } = (await opened.destination.describe(table)) ?? {};
    expect((await opened.destination.describeDataset(dataset)).get('alunos')).toMatchObject({
      rows,
      lastModified,
    });
  });

  it('does nothing for an id that is taken, and gives the job that has it', async () => {
    const id = freshName();
    await publish({ id, uris: await opened.good() });
    const before = await opened.destination.describe(table);
    const again = await opened.destination.publish(
      request({ id, uris: await opened.good(), labels: { installation: 'other' } }),
    );
    expect(again).toMatchObject({ id, labels: { installation: 'test' } });
    expect(await opened.destination.describe(table)).toEqual(before);
  });

  it('leaves the table as it was when a load fails, and the id is used up', async () => {
    const before = await opened.destination.describe(table);
    const id = freshName();
    const job = await publish({ id, uris: await opened.bad() });
    expect(job).toMatchObject({ state: 'done', outputRows: null, error: { isTransient: false } });
    expect(job.error?.message).toContain('not a number');
    expect(await opened.destination.describe(table)).toEqual(before);
    const again = await publish({ id, uris: await opened.good() });
    expect(again.error).not.toBeNull();
  });

  it('uses an id up, so that nothing can be written under it any more', async () => {
    const { destination } = opened;
    const before = await destination.describe(table);
    const id = freshName();
    expect(await destination.burn(id)).toMatchObject({ id, kind: 'burnt' });
    expect(await publish({ id, uris: await opened.good() })).toMatchObject({
      id,
      kind: 'burnt',
      error: null,
    });
    expect(await destination.getPublish(id)).toMatchObject({ kind: 'burnt' });
    await expect(
      destination.copy({ id, source: table, at: null, destination: { dataset, table: 'kopie' } }),
    ).rejects.toMatchObject({ code: 'OVERTAKEN', isTransient: true });
    expect(await destination.drop({ id, destination: table })).toMatchObject({ kind: 'burnt' });
    expect(await destination.describe(table)).toEqual(before);
  });

  it('does not use up an id that has a job, and gives that', async () => {
    const id = freshName();
    const { destination } = opened;
    await publish({ id, uris: await opened.good() });
    expect(await destination.burn(id)).toMatchObject({ id, kind: 'load' });
  });

  it('of one who publishes and one who uses the id up at once, lets one have it', async () => {
    const { destination } = opened;
    const uris = await opened.good();
    for (let round = 0; round < 5; round += 1) {
      const raced = { dataset, table: `raced${round}` };
      const id = freshName();
      const [job, burnt] = await Promise.all([
        destination.publish(request({ id, uris, destination: raced })),
        destination.burn(id),
      ]);
      expect(job.kind).toBe(burnt.kind);
      await until(async () => (await destination.getPublish(id))?.state === 'done');
      expect((await destination.describe(raced)) === null).toBe(job.kind === 'burnt');
    }
  });

  it('replaces a schema, and refuses nothing of the old one', async () => {
    await publish({ uris: await opened.good() });
    const columns = [COLUMNS[0], { name: 'nome', type: 'STRING', mode: 'NULLABLE' as const }];
    await publish({ columns, uris: await opened.good() });
    expect((await opened.destination.describe(table))?.columns).toEqual(columns);
  });

  const renamed = [COLUMNS[0], { ...COLUMNS[1], name: 'outro' }];
  /** A time between two changes. */
  const timeNow = async () => {
    await pause(2);
    const now = new Date();
    await pause(2);
    return now;
  };

  it('puts a table back to what it was, rows and columns, once an id', async () => {
    const { destination } = opened;
    await publish({ uris: await opened.good() });
    const before = await destination.describe(table);
    const at = await timeNow();
    await publish({ columns: renamed, uris: await opened.good() });
    const id = freshName();
    expect(await destination.copy({ id, source: table, at, destination: table })).toBe(true);
    const { columns, rows } = before ?? {};
    expect(await destination.describe(table)).toMatchObject({ columns, rows });
    await publish({ columns: renamed, uris: await opened.good() });
    await destination.copy({ id, source: table, at, destination: table });
    expect(await destination.describe(table)).toMatchObject({ columns: renamed });
    expect(await destination.getCopy(freshName())).toBeNull();
    expect(await destination.getCopy(id)).toMatchObject({ id, kind: 'other', error: null });
  });

  it('widens a table by columns at its end, unless somebody has changed it since', async () => {
    const { destination } = opened;
    const wide = { dataset, table: 'wide' };
    await publish({ destination: wide, uris: await opened.good() });
    const before = await destination.describe(wide);
    const columns = [...COLUMNS, { name: 'novo', type: 'STRING', mode: 'NULLABLE' as const }];
    const request = { destination: wide, changes: { columns }, etag: before?.etag ?? '' };
    const altered = await destination.alter(request);
    // Its answer tells when: no second look, which might show somebody else's change.
    expect(await destination.describe(wide)).toMatchObject({ columns, rows: before?.rows, ...altered });
    expect(altered?.lastModified).toMatch(/T/);
    expect(await destination.alter(request)).toBeNull();
  });

  it('changes what is named of a table and keeps the rest, through loads of either kind', async () => {
    const { destination } = opened;
    const designed = { dataset, table: 'designed' };
    const load = async (changes: Partial<PublishRequest> = {}) =>
      publish({ destination: designed, uris: await opened.good(), ...changes });
    await load({ clustering: ['texto'] });
    const alter = async (changes: TableChanges) => {
      const etag = (await destination.describe(designed))?.etag ?? '';
      expect(await destination.alter({ destination: designed, etag, changes })).not.toBeNull();
    };
    const expiresAt = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 86_400_000).toISOString();
    await alter({ description: 'alunos', labels: { a: '1', b: '2' }, primaryKey: ['id'], expiresAt });
    await alter({ labels: { a: null } });
    const kept = { description: 'alunos', labels: { b: '2' }, clustering: ['texto'], expiresAt };
    expect(await destination.describe(designed)).toMatchObject({ ...kept, primaryKey: ['id'], rows: 2 });
    const { columns = [] } = (await destination.describe(designed)) ?? {};
    await load({ disposition: 'keep-schema', columns });
    expect(await destination.describe(designed)).toMatchObject({ ...kept, primaryKey: ['id'] });
    await alter({ primaryKey: [] });
    expect(await destination.describe(designed)).toMatchObject({ ...kept, primaryKey: [] });
    await alter({ primaryKey: ['id'] });
    await load();
    expect(await destination.describe(designed)).toMatchObject({ ...kept, primaryKey: [] });
  });

  it('removes a table, once and again, and brings it back', async () => {
    const { destination } = opened;
    const gone = { dataset, table: 'gone' };
    await publish({ destination: gone, uris: await opened.good() });
    const at = await timeNow();
    await destination.remove(gone);
    await destination.remove(gone);
    expect(await destination.describe(gone)).toBeNull();
    expect(await destination.copy({ id: freshName(), source: gone, at, destination: gone })).toBe(true);
    expect(await destination.describe(gone)).toMatchObject({ rows: 2 });
  });

  it('removes a table by a job, once an id', async () => {
    const { destination } = opened;
    const dropped = { dataset, table: 'dropped' };
    const id = freshName();
    await publish({ destination: dropped, uris: await opened.good() });
    const done = { id, kind: 'other', state: 'done', error: null };
    expect(await destination.drop({ id, destination: dropped })).toMatchObject(done);
    expect(await destination.describe(dropped)).toBeNull();
    await publish({ destination: dropped, uris: await opened.good() });
    expect(await destination.drop({ id, destination: dropped })).toMatchObject(done);
    expect(await destination.describe(dropped)).toMatchObject({ rows: 2 });
    const none = { dataset, table: 'never' };
    expect(await destination.drop({ id: freshName(), destination: none })).toMatchObject({ error: null });
  });

  it('leaves a table that was not there then as it is, and one that is not there', async () => {
    const { destination } = opened;
    const at = await timeNow();
    const young = { dataset, table: 'young' };
    await publish({ destination: young, uris: await opened.good() });
    const now = await destination.describe(young);
    expect(await destination.copy({ id: freshName(), source: young, at, destination: young })).toBe(false);
    expect(await destination.describe(young)).toEqual(now);
    const none = { dataset, table: 'none' };
    expect(await destination.copy({ id: freshName(), source: none, at, destination: none })).toBe(false);
    expect(await destination.describe(none)).toBeNull();
  });
});
