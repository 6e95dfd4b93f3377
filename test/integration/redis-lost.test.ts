import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Component } from '../../local/component.ts';
import { startRedis } from '../../local/redis/redis.ts';
import { choosePorts } from '../../local/tools/ports.ts';
import { manualRunName } from '../../src/pipeline/names/index.ts';
import { keepSchedules } from '../../src/scheduler/scheduler.ts';
import { syncSchedules } from '../../src/scheduler/sync-schedules.ts';
import { createFakeRepair } from '../support/fake-repair.ts';
import { createFakeService, type FakeService } from '../support/fake-service.ts';
import { untilStopped } from '../support/interfere.ts';
import { freshName } from '../support/stack-env.ts';
import { until } from '../support/wait.ts';

const RUN = manualRunName(new Date(), 'abcd');
const SCHEDULE = { cron: '0 3 * * *', timeZone: 'America/Sao_Paulo' };
let dataDir: string;
let port: number;
let server: Component;
let service: FakeService;

const startServer = () => startRedis({ port, dataDir, logDir: dataDir, env: {} });
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'adutora-redis-'));
  port = (await choosePorts('free')).redis;
  server = await startServer();
  service = createFakeService({ redisUrl: `redis://127.0.0.1:${port}`, sourceId: freshName() });
});
afterEach(async () => {
  await service.close();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** The engine works on this table until it is let go on, or told to stop. */
function stuckAt(table: string): { isWorking: Promise<void>; letGo(): void } {
  const { run } = service.engine;
  const working = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  service.engine.run = async (attempt, watch) => {
    if (attempt.spec.table.table === table) {
      working.resolve();
      await Promise.race([gate.promise, untilStopped(watch)]);
    }
    return run(attempt, watch);
  };
  return {
    isWorking: working.promise,
    letGo: () => {
      service.engine.run = run;
      gate.resolve();
    },
  };
}

/** One worker, until the load of this table is at work. */
async function workUntil(table: string): Promise<void> {
  const stuck = stuckAt(table);
  const worker = service.start();
  await stuck.isWorking;
  await worker.stop();
  stuck.letGo();
}

it('an older copy of Redis brings nothing back that has ended since: neither what was loaded nor what was cancelled', async () => {
  await service.add(RUN, ['a', 'b', 'c', 'd']);
  await workUntil('b');
  const copy = join(dataDir, 'copy');
  const admin = new Redis(port);
  await admin.call('WAITAOF', '1', '0', '0').catch(() => undefined);
  admin.disconnect();
  await cp(join(dataDir, 'redis'), copy, { recursive: true });
  await service.cancellations.request(service.loadName(RUN, 'c'));
  await workUntil('d');
  expect(service.rows.map(({ table_name, status }) => `${table_name} ${status}`).sort()).toEqual([
    'a loaded',
    'b loaded',
    'c cancelled',
  ]);
  await server.stop();
  await rm(join(dataDir, 'redis'), { recursive: true });
  await cp(copy, join(dataDir, 'redis'), { recursive: true });
  server = await startServer();
  expect(await service.cancellations.isRequested(service.loadName(RUN, 'c'))).toBe(false);
  const repair = createFakeRepair(service);
  await repair.look();
  service.start();
  expect(await service.summary(RUN)).toMatchObject({
    status: 'cancelled',
    loaded: 3,
    tables: [
      {},
      { status: 'loaded' },
      { status: 'cancelled', failure: { code: 'CANCELLED' } },
      { status: 'loaded' },
    ],
  });
  expect(service.engine.started.map((attemptId) => /-s-(.)-/.exec(attemptId)?.[1])).toEqual(['a', 'b', 'd']);
  expect(service.rows).toHaveLength(4);
});

it('FLUSHALL in mid-run: the run ends as it would have, with its schedule and both concurrencies', async () => {
  const { controller, ingest, history } = service.queues;
  await syncSchedules(controller, SCHEDULE, service.sourceId);
  const stuck = stuckAt('b');
  // It stays alive, as workers do.
  service.start();
  await service.add(RUN, ['a', 'b', 'c']);
  await stuck.isWorking;
  const admin = new Redis(port);
  await admin.flushall();
  admin.disconnect();
  stuck.letGo();
  const repair = createFakeRepair(service);
  await repair.look();
  const log = pino({ level: 'silent' });
  await keepSchedules({ queues: service.queues, schedule: SCHEDULE, sourceId: service.sourceId, log });
  expect(await controller.getJobSchedulers(0, -1, true)).toMatchObject([{ pattern: SCHEDULE.cron }]);
  expect(await Promise.all([ingest.getGlobalConcurrency(), history.getGlobalConcurrency()])).toEqual([1, 1]);
  expect(await service.summary(RUN)).toMatchObject({ status: 'succeeded', loaded: 3 });
  const started = service.engine.started.map((attemptId) => /-s-(.)-/.exec(attemptId)?.[1]);
  expect(started).toEqual(['a', 'b', 'c']);
  await until(async () => (await controller.getJob(RUN))?.finishedOn);
});
