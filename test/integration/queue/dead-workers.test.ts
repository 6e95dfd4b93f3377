import { Worker } from 'bullmq';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { queuePrefix } from '../../../src/pipeline/names/index.ts';
import { createTolerantBackend } from '../../../src/queues/tolerant-backend.ts';
import { startBeats } from '../../../src/redis/beats.ts';
import { lifeSignsKey, ownLife, readLifeSigns } from '../../../src/redis/life-signs.ts';
import { createHeldJobs } from '../../../src/workers/held-jobs.ts';
import { startRescue } from '../../../src/workers/rescue.ts';
import type { FakeService } from '../../support/fake-service.ts';
import { RUN, serviceOfEachTest } from '../../support/service-of-each-test.ts';
import { stackEnv } from '../../support/stack-env.ts';
import { until } from '../../support/wait.ts';

let service: FakeService;
let sourceId: string;
/** A process of this machine that is not there any more. */
const gone = (workers: string[]) => JSON.stringify({ ...ownLife(), startTicks: '1', beat: 1, workers });

serviceOfEachTest((fresh) => {
  service = fresh;
  sourceId = fresh.sourceId;
});

function watchOver(held = createHeldJobs()): void {
  const { connection, queues } = service;
  const log = pino({ level: 'silent' });
  const rescue = startRescue({ connection, queues, sourceId, held, processId: 'me', log });
  onTestFinished(rescue.stop);
}

/** Takes the next job of `ingest` as a worker does that dies right after. */
async function takeAndDie(): Promise<{ workerId: string; jobId: string }> {
  const { connection } = service;
  const worker = new Worker(
    'ingest',
    null,
    { connection, prefix: queuePrefix(sourceId), autorun: false },
    createTolerantBackend,
  );
  const job = await worker.getNextJob(`${worker.id}:0`, { block: false });
  await worker.close();
  return { workerId: worker.id, jobId: job?.id ?? '' };
}

describe('the jobs of a worker that is dead', () => {
  it('go back to the front of their queue, those of the same wave in their order, and use up nothing', async () => {
    const { ingest } = service.queues;
    for (const id of ['a', 'b', 'c']) await ingest.add('load', {}, { jobId: `j-${id}`, priority: 2 });
    const { workerId, jobId } = await takeAndDie();
    expect(jobId).toBe('j-a');
    await service.connection.hset(lifeSignsKey(sourceId), 'them', gone([workerId]));
    watchOver();
    await until(async () => (await ingest.getJobState('j-a')) !== 'active');
    expect((await ingest.getPrioritized()).map(({ id }) => id)).toEqual(['j-a', 'j-b', 'j-c']);
    expect(await ingest.getJob('j-a')).toMatchObject({ attemptsMade: 0, stalledCounter: 0 });
  });

  it('are left alone while the worker shows signs of life, and where nothing is known of it', async () => {
    const { ingest } = service.queues;
    await ingest.add('load', {}, { jobId: 'j-a' });
    await ingest.add('load', {}, { jobId: 'j-b' });
    await ingest.add('load', {}, { jobId: 'j-c' });
    const first = await takeAndDie();
    await takeAndDie();
    const third = await takeAndDie();
    const alive = JSON.stringify({ ...ownLife(), beat: 1, workers: [first.workerId] });
    await service.connection.hset(lifeSignsKey(sourceId), 'alive', alive, 'them', gone([third.workerId]));
    watchOver();
    await until(async () => (await ingest.getJobState('j-c')) !== 'active');
    expect(await ingest.getJobState('j-a')).toBe('active');
    expect(await ingest.getJobState('j-b')).toBe('active');
  });

  it('are not worked on any more by one that was only stopped, and wakes', async () => {
    const held = createHeldJobs();
    let aborted: unknown;
    let isReading = false;
    service.engine.run = (_, { signal }) =>
      new Promise((__, reject) => {
        isReading = true;
        signal.addEventListener('abort', () => {
          aborted = signal.reason;
          reject(signal.reason);
        });
      });
    const { workers } = service.start({ held });
    await service.add(RUN, ['a']);
    const loadId = service.loadName(RUN, 'a');
    await until(async () => isReading);
    await held.dropLost(service.connection);
    expect(aborted).toBeUndefined();
    // As another finds it: silent, and so taken for dead.
    await service.connection.hset(lifeSignsKey(sourceId), 'them', gone(workers.map(({ id }) => id)));
    await service.queues.ingest.pause();
    watchOver();
    await until(async () => (await service.queues.ingest.getJobState(loadId)) !== 'active');
    await held.dropLost(service.connection);
    expect(aborted).toBe('lock lost');
    await service.queues.ingest.resume();
  });
});

describe('signs of life', () => {
  it('are shown while the main thread is busy, and taken away by one that ends in order', async () => {
    const { connection } = service;
    const redisUrl = stackEnv()['REDIS_URL'] ?? '';
    const beats = startBeats(connection, { redisUrl, sourceId, workers: ['w1'] });
    const own = async () => (await readLifeSigns(connection, sourceId)).get(beats.processId);
    await until(async () => (await own())?.workers.includes('w1'));
    const before = (await own())?.beat ?? 0;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_000);
    expect((await own())?.beat).toBeGreaterThan(before + 1);
    await beats.stop();
    expect(await own()).toBeUndefined();
  });
});
