import type { Job } from 'bullmq';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import type { Failure } from '../../../src/pipeline/errors/failure.ts';
import { objectNames } from '../../../src/pipeline/names/index.ts';
import { createObject } from '../../../src/pipeline/ports/json-objects.ts';
import type { Queues } from '../../../src/queues/queues.ts';
import { repairChildren } from '../../../src/workers/repair/repair-children.ts';
import type { RepairContext, RepairMemory } from '../../../src/workers/repair/repair-context.ts';
import { settler } from '../../../src/workers/settle.ts';
import { load, setUpLoad } from '../../support/load-set-up.ts';
import { failure } from '../../support/samples.ts';

/**
 * A run that waits for others; one load of it has failed for this reason, and its processor told
 * this in its job.
 */
function waiting(reason: string, told: Failure | null, version = 1) {
  const set = setUpLoad();
  const rows: { status: string }[] = [];
  const lines: { msg: string }[] = [];
  const ignored = { [`p:ingest:${load.loadId}`]: reason };
  const job = { id: load.runId, getDependencies: async () => ({ ignored }) } as unknown as Job;
  const history = {
    addBulk: async (jobs: { data: { row: { status: string } } }[]) =>
      void rows.push(...jobs.map(({ data }) => data.row)),
  };
  const { sourceId, runId, loadId, table } = load;
  const data = { version, sourceId, runId, loadId, table, failure: told && { ...told, attempts: 1 } };
  const { signal: shutdown } = new AbortController();
  const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const context = {
    ...{ sourceId: load.sourceId, bucket: set.bucket, deps: set.deps },
    queues: { history, ingest: { getJob: async () => ({ data }) } } as unknown as Queues,
    ...{ shutdown, log, settle: settler(set.deps, log, shutdown) },
  } as unknown as RepairContext;
  const memory = { loads: new Map([[load.runId, 1]]), settled: new Set() } as unknown as RepairMemory;
  const look = async () => {
    await createObject(set.bucket, objectNames(load.sourceId).load(load.runId, load.loadId), load);
    await repairChildren(job, context, memory);
    await repairChildren(job, context, memory);
  };
  return { set, rows, lines, look };
}

it('a load that died without a word while its run goes on is settled, once', async () => {
  const { set, rows, lines, look } = waiting('job stalled more than allowable limit', null);
  await set.run();
  await look();
  expect(rows).toMatchObject([{ status: 'loaded' }]);
  expect(lines.map(({ msg }) => msg)).toEqual(['load settled: loaded']);
});

it('one whose processor said why it failed is left to it', async () => {
  const { rows, lines, look } = waiting('Why it failed.', failure('SOURCE_TABLE_GONE'));
  await look();
  expect([rows, lines]).toEqual([[], []]);
});

it('one that a newer worker has left is none of its business, and holds nothing up', async () => {
  const { rows, lines, look } = waiting('Why it failed.', failure('SOURCE_TABLE_GONE'), 2);
  await look();
  expect([rows, lines]).toEqual([[], []]);
});
