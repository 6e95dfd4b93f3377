import { describe, expect, it } from 'vitest';
import type { CommandContext } from '../../../src/commands/command.ts';
import { waitForRun } from '../../../src/commands/wait-for-run.ts';
import { LoadError } from '../../../src/pipeline/errors/load-error.ts';
import { exitCodeOf } from '../../../src/terminal/exit.ts';
import type { FakeService } from '../../support/fake-service.ts';
import { remoteFailed } from '../../support/fakes/staging-engine.ts';
import { untilStopped } from '../../support/interfere.ts';
import { RUN, serviceOfEachTest } from '../../support/service-of-each-test.ts';
import { pause, until } from '../../support/wait.ts';

let service: FakeService;

serviceOfEachTest((fresh) => {
  service = fresh;
});

/** A command whose clock is 20 s further at each look. */
function hastyCommand(): CommandContext {
  let looks = 0;
  const now = () => new Date(20_000 * looks++);
  const silent = { note: () => undefined, activity: () => undefined };
  const parts = { verify: { sourceId: 'any' }, ports: { bucket: service.bucket } };
  return { now, queues: async () => service.queues, ...parts, ...silent } as unknown as CommandContext;
}

/**
 * The engine works on whatever comes until it is stopped; once it is let go, it works as ever.
 * `order`: the tables it was given.
 */
function stuckEngine(): { order: string[]; isWorking: Promise<void>; letGo(): void } {
  const { run } = service.engine;
  const order: string[] = [];
  const working = Promise.withResolvers<void>();
  let isStuck = true;
  service.engine.run = async (attempt, watch) => {
    order.push(attempt.spec.table.table);
    if (!isStuck) return run(attempt, watch);
    working.resolve();
    return untilStopped(watch);
  };
  const letGo = () => {
    isStuck = false;
  };
  return { order, isWorking: working.promise, letGo };
}

describe('a run on real queues', () => {
  it('is left in the queue by a command that waits, once no worker has been alive for half a minute', async () => {
    await service.add(RUN, ['a']);
    const error = await waitForRun(RUN, service.queues, hastyCommand()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'NO_WORKER',
      message: `No worker is alive; run ${RUN} stays in the queue.`,
    });
    expect(exitCodeOf(error)).toBe(4);
    expect(await (await service.queues.controller.getJob(RUN))?.getState()).toBe('waiting');
  });

  it('loads its tables and ends with one row each', async () => {
    service.start();
    await service.add(RUN, ['a', 'b']);
    expect(await service.summary(RUN)).toMatchObject({ status: 'succeeded', loaded: 2, historyPending: 0 });
    expect(service.rows.map(({ table_name, status }) => [table_name, status]).sort()).toEqual([
      ['a', 'loaded'],
      ['b', 'loaded'],
    ]);
  });

  it('ends when a load has failed, names it, and is not retried', async () => {
    service.start();
    service.engine.failures.push(new LoadError('SOURCE_TABLE_GONE', 's.a is gone'));
    await service.add(RUN, ['a', 'b']);
    expect(await service.summary(RUN)).toMatchObject({ status: 'failed', loaded: 1, failed: 1 });
    const job = await until(async () => {
      const found = await service.queues.controller.getJob(RUN);
      return found?.failedReason ? found : null;
    });
    expect(job.failedReason).toMatch(
      /s\.a: SOURCE_TABLE_GONE.*\nRuns are not retried.*enqueue -- table=s\.a/,
    );
    await job.retry('failed');
    await until(async () => ((await service.queues.controller.getJob(RUN))?.attemptsMade ?? 0) > 1);
    expect(service.engine.started).toHaveLength(2);
  });

  it('gives a load that is retried by hand a fresh budget after its last attempt, also after the end of the run', async () => {
    service.start();
    service.engine.failures.push(remoteFailed(), remoteFailed(), remoteFailed());
    await service.add(RUN, ['a']);
    expect(await service.summary(RUN)).toMatchObject({
      tables: [{ status: 'failed', failure: { code: 'REMOTE_FAILED' }, attempts: 2 }],
    });
    const job = await service.queues.ingest.getJob(service.loadName(RUN, 'a'));
    await job?.retry('failed');
    const row = await until(async () => service.rows.find(({ status }) => status === 'loaded'));
    expect(row).toMatchObject({ run_id: RUN, attempts: 4 });
  });

  it('hands an active load back at shutdown, without using an attempt, and another process goes on with it', async () => {
    const stuck = stuckEngine();
    const first = service.start();
    await service.add(RUN, ['a']);
    await stuck.isWorking;
    // A stop that waits for the load would never end.
    await first.stop();
    const job = await service.queues.ingest.getJob(service.loadName(RUN, 'a'));
    expect(await job?.getState()).toBe('waiting');
    expect(job?.attemptsMade).toBe(0);
    stuck.letGo();
    service.start();
    expect(await service.summary(RUN)).toMatchObject({ status: 'succeeded', tables: [{ attempts: 1 }] });
  });

  it('keeps the order of the loads at shutdown, and counts neither an attempt nor a stall', async () => {
    const stuck = stuckEngine();
    const { order } = stuck;
    const first = service.start();
    await service.add(RUN, ['a', 'b', 'c']);
    await stuck.isWorking;
    await first.stop();
    stuck.letGo();
    service.start();
    expect(await service.summary(RUN)).toMatchObject({ status: 'succeeded', loaded: 3 });
    expect(order).toEqual(['a', 'a', 'b', 'c']);
    const jobs = await Promise.all(
      ['a', 'b', 'c'].map((table) => service.queues.ingest.getJob(service.loadName(RUN, table))),
    );
    expect(jobs.map((job) => [job?.attemptsMade, job?.stalledCounter])).toEqual(jobs.map(() => [1, 0]));
  });

  it('keeps two loads of one table apart', async () => {
    service.start();
    let active = 0;
    let most = 0;
    const original = service.engine.run;
    service.engine.run = async (attempt, watch) => {
      active += 1;
      most = Math.max(most, active);
      await pause(100);
      active -= 1;
      return original(attempt, watch);
    };
    service.start();
    await Promise.all(['0002', '0003'].map((end) => service.add(`manual-20260102T030000Z-${end}`, ['a'])));
    for (const end of ['0002', '0003'])
      expect(await service.summary(`manual-20260102T030000Z-${end}`)).toMatchObject({ status: 'succeeded' });
    expect(most).toBe(1);
  });

  it('refuses a payload without a version that it knows, or of another installation, with a word', async () => {
    service.start();
    const job = await service.queues.ingest.add('load', { version: 0 }, { jobId: 'odd' });
    const failed = await until(async () => {
      const found = await service.queues.ingest.getJob(job.id ?? '');
      return found?.failedReason ? found : null;
    });
    expect(failed.failedReason).toMatch(/^PAYLOAD_INVALID/);
  });
});
