import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadName } from '../../src/pipeline/names/index.ts';
import type { TablesObject } from '../../src/pipeline/objects/run.ts';
import { addRun, closeQueues, createQueues, type Queues } from '../../src/queues/queues.ts';
import { createWorkerConnection } from '../../src/redis/connection.ts';
import { fanOut } from '../../src/workers/fan-out.ts';
import { freshName, stackEnv } from '../support/stack-env.ts';

const RUN = 'manual-20260102T030000Z-0001';
const TABLES = 10_000;
const sourceId = freshName();
let queues: Queues;
let close: () => Promise<void>;

beforeAll(() => {
  const connection = createWorkerConnection(stackEnv()['REDIS_URL'] ?? '', { onError: () => undefined });
  queues = createQueues({ connection, sourceId, onError: () => undefined });
  close = async () => {
    await closeQueues(queues);
    connection.disconnect();
  };
});
afterAll(async () => {
  for (const queue of Object.values(queues)) await queue.obliterate({ force: true });
  await close();
});

const names = Array.from({ length: TABLES }, (_, index) => `t${index}`);
const tables = {
  ...{ sourceId, runId: RUN, decidedAt: '2026-01-02T03:00:00.000Z' },
  tables: names.map((table) => ({
    ...{ schema: 's', table, reason: 'never_loaded', decision: 'load' },
    loadId: loadName(RUN, { schema: 's', table }),
  })),
} as unknown as TablesObject;

async function fan(): Promise<void> {
  const job = await addRun(queues, {
    ...{ sourceId, runId: RUN, trigger: 'manual', tables: null, isForced: false },
    requestedAt: new Date().toISOString(),
  });
  await fanOut({
    job,
    tables,
    queues,
    bucket: { list: async () => [] },
    cancellations: { endOf: async () => null },
    maxAttempts: 5,
  });
}

const waiting = async () => (await queues.ingest.getJobCounts('prioritized', 'waiting'))['prioritized'];

describe(`a fan-out of ${TABLES} tables`, () => {
  it('adds each once, however often it is repeated', async () => {
    await fan();
    await fan();
    expect(await waiting()).toBe(TABLES);
  });

  it('that died in its midst is made whole: what is there stays, what is missing comes', async () => {
    const gone = names.filter((_, index) => index % 3 === 0);
    await Promise.all(gone.map((table) => queues.ingest.remove(loadName(RUN, { schema: 's', table }))));
    expect(await waiting()).toBe(TABLES - gone.length);
    await fan();
    expect(await waiting()).toBe(TABLES);
    const all = await queues.ingest.getPrioritized(0, TABLES);
    expect(new Set(all.map(({ id }) => id)).size).toBe(TABLES);
  });
});
