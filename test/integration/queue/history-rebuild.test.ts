import { beforeEach, expect, it } from 'vitest';
import type { CommandContext } from '../../../src/commands/command.ts';
import { history } from '../../../src/commands/history.ts';
import { LoadError } from '../../../src/pipeline/errors/load-error.ts';
import { manualRunName, objectNames } from '../../../src/pipeline/names/index.ts';
import type { FakeService } from '../../support/fake-service.ts';
import { serviceOfEachTest } from '../../support/service-of-each-test.ts';

let service: FakeService;
const RUN = manualRunName(new Date(), 'abcd');

serviceOfEachTest((fresh) => {
  service = fresh;
});
beforeEach(async () => {
  service.engine.failures.push(new LoadError('SOURCE_TABLE_GONE', 's.a is gone'));
  service.start();
  await service.add(RUN, ['a', 'b', 'c']);
  await service.summary(RUN);
});

async function rebuild() {
  const { bucket, destination, sourceId } = service;
  const said: string[] = [];
  const context = {
    ports: { bucket, destination, history: service.history },
    verify: { sourceId },
    now: () => new Date(),
    activity: () => undefined,
    print: (text: string) => void said.push(text),
  } as unknown as CommandContext;
  expect(await history.run(['rebuild', '--json'], context)).toBe(0);
  return JSON.parse(said.join(''));
}
const byTable = () => service.rows.toSorted((one, other) => one.table_name.localeCompare(other.table_name));
const forgetEnds = async () => {
  const ends = await service.bucket.list(objectNames(service.sourceId).ends(RUN));
  await service.bucket.remove(ends.map(({ name }) => name));
};

it('a lost history is made again as it was, and a second time adds nothing', async () => {
  const before = byTable();
  service.rows.splice(0);
  expect(await rebuild()).toMatchObject({ runs: 1, rows_added: 3, rows_kept: 0, unknown: [] });
  expect(byTable()).toEqual(before);
  expect(before[0]).toMatchObject({ status: 'failed', dataproc_job_id: expect.stringContaining('-a1') });
  expect(await rebuild()).toMatchObject({ rows_added: 0, rows_kept: 3 });
});

it('rows come from manifest, publish job and summary where the bucket has no ends, and what they lack is told', async () => {
  const before = byTable();
  service.rows.splice(0);
  await forgetEnds();
  const { rows_added, unknown } = await rebuild();
  expect(rows_added).toBe(3);
  const after = byTable();
  expect(after[0]).toMatchObject({ status: 'failed', error_code: 'SOURCE_TABLE_GONE', attempts: 1 });
  expect(after.slice(1)).toEqual(before.slice(1).map((row) => ({ ...row, destination_modified: null })));
  expect(unknown.map(({ table }: { table: string }) => table)).toEqual(['s.a', 's.b', 's.c']);
  expect(await rebuild()).toMatchObject({ rows_added: 0 });
});

it('`loaded` is never overwritten, and replaces a failure that was made good', async () => {
  const kept = service.rows.find(({ table_name }) => table_name === 'b');
  service.rows.splice(0, 3, ...byTable());
  service.rows[1] = { ...service.rows[1], rows_loaded: 999 } as (typeof service.rows)[number];
  service.rows[2] = { ...service.rows[2], status: 'failed' } as (typeof service.rows)[number];
  expect(await rebuild()).toMatchObject({ rows_added: 1, rows_kept: 2 });
  expect(byTable()).toMatchObject([
    { status: 'failed' },
    { rows_loaded: 999, bigquery_job_id: kept?.bigquery_job_id },
    { status: 'loaded', rows_loaded: 2 },
  ]);
});

it('a run that has not ended is left alone, and an unreadable one is told', async () => {
  const names = objectNames(service.sourceId);
  service.rows.splice(0);
  await service.bucket.remove([names.summary(RUN)]);
  expect(await rebuild()).toMatchObject({ rows_added: 0, unfinished: [RUN] });
  await service.bucket.create({ name: names.summary(RUN), bytes: Buffer.from('{'), contentType: 'x' });
  const { unknown, rows_added } = await rebuild();
  expect([rows_added, unknown]).toMatchObject([0, [{ run_id: RUN, table: null }]]);
});
