import type { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { objectNames } from '../../src/pipeline/names/index.ts';
import { closeQueues, createQueues, type Queues } from '../../src/queues/queues.ts';
import { createProducerConnection } from '../../src/redis/connection.ts';
import { ensureLastSlot, type SchedulerContext, startScheduler } from '../../src/scheduler/scheduler.ts';
import { syncSchedules } from '../../src/scheduler/sync-schedules.ts';
import { createMemoryBucket } from '../support/fakes/memory-bucket.ts';
import { freshName, stackEnv } from '../support/stack-env.ts';

const DAILY = { cron: '0 3 * * *', timeZone: 'America/Sao_Paulo' };
const HOUR_MS = 3_600_000;
let connection: Redis;
let queues: Queues;
let context: SchedulerContext;
let now: Date;

beforeEach(async () => {
  const sourceId = freshName();
  connection = await createProducerConnection(stackEnv()['REDIS_URL'] ?? '');
  queues = createQueues({ connection, sourceId, onError: () => undefined });
  now = new Date('2026-01-02T13:00:00Z');
  context = {
    queues,
    bucket: createMemoryBucket(),
    sourceId,
    mysqlHost: 'h',
    mysqlPort: 3306,
    schedule: DAILY,
    catchUpMs: 12 * HOUR_MS,
    now: () => now,
    log: pino({ level: 'silent' }),
  };
});
afterEach(async () => {
  await queues.controller.obliterate({ force: true });
  await closeQueues(queues);
  connection.disconnect();
});

const sync = (schedule = DAILY) => syncSchedules(queues.controller, schedule, context.sourceId);
const schedulers = () => queues.controller.getJobSchedulers(0, -1, true);

describe('schedules on a real Redis', () => {
  it('are created once, and then left alone with the tick that is due', async () => {
    expect(await sync()).toBe('created');
    const [tick] = await queues.controller.getDelayed();
    expect(await sync()).toBe('unchanged');
    expect((await queues.controller.getDelayed()).map(({ id }) => id)).toEqual([tick?.id]);
    expect(await schedulers()).toMatchObject([{ key: 'daily', pattern: DAILY.cron, tz: DAILY.timeZone }]);
  });

  it('follow the configuration, and unknown ones are removed', async () => {
    await sync();
    await queues.controller.upsertJobScheduler('old', { pattern: '0 1 * * *' }, { name: 'tick' });
    expect(await sync({ ...DAILY, cron: '30 4 * * *' })).toBe('changed');
    expect(await schedulers()).toMatchObject([{ key: 'daily', pattern: '30 4 * * *' }]);
    const [tick] = await queues.controller.getDelayed();
    const next = new Date((tick?.timestamp ?? 0) + (tick?.delay ?? 0));
    expect(next.toISOString()).toMatch(/T07:30:00/);
  });

  it('are one, with one tick and one run a slot, where twenty schedulers start at once, ten times over', async () => {
    const own = await Promise.all(
      Array.from({ length: 20 }, () => createProducerConnection(stackEnv()['REDIS_URL'] ?? '')),
    );
    for (let round = 0; round < 10; round += 1) {
      const sourceId = freshName();
      const bucket = createMemoryBucket();
      const processes = own.map((one) => ({
        ...context,
        sourceId,
        bucket,
        queues: createQueues({ connection: one, sourceId, onError: () => undefined }),
      }));
      // Yesterday's first start makes today's slot due.
      now = new Date('2026-01-01T13:00:00Z');
      await ensureLastSlot({ ...context, sourceId, bucket });
      now = new Date('2026-01-02T13:00:00Z');
      const schedulers = await Promise.all(processes.map((one) => startScheduler(one)));
      await Promise.all(schedulers.map((one) => one.stop()));
      const { controller } = processes[0]?.queues ?? queues;
      expect((await controller.getWaiting()).map(({ id }) => id)).toEqual(['20260102T060000Z']);
      expect(await controller.getDelayed()).toHaveLength(1);
      expect(await controller.getJobSchedulersCount()).toBe(1);
      await controller.obliterate({ force: true });
      await Promise.all(processes.map((one) => closeQueues(one.queues)));
    }
    for (const one of own) one.disconnect();
  });

  it('are made anew where their template cannot be read', async () => {
    await sync();
    await connection.hset(queues.controller.toKey('repeat:daily'), 'data', 'not json');
    expect(await sync()).toBe('changed');
    expect(await sync()).toBe('unchanged');
  });

  it.each([
    ['is lost', async (key: string) => connection.zrem(queues.controller.keys['delayed'] ?? '', key)],
    ['has lost its content', async (key: string) => connection.del(queues.controller.toKey(key))],
  ])('are made anew where their tick %s', async (_, lose) => {
    await sync();
    const [tick] = await queues.controller.getDelayed();
    await lose(tick?.id ?? '');
    expect(await sync()).toBe('changed');
    expect((await queues.controller.getDelayed()).map(({ id }) => id)).toEqual([tick?.id]);
    expect(await sync()).toBe('unchanged');
  });
});

describe('the last slot', () => {
  /** The installation saw its schedule before today's slot (06:00 UTC). */
  const installEarlier = async () => {
    now = new Date('2026-01-01T12:00:00Z');
    expect(await ensureLastSlot(context)).toBeNull();
    now = new Date('2026-01-02T13:00:00Z');
  };

  it('is not made up for by a first start', async () => {
    expect(await ensureLastSlot(context)).toBeNull();
    expect(await queues.controller.getJobCounts('waiting', 'delayed')).toMatchObject({
      waiting: 0,
      delayed: 0,
    });
  });

  it('is added once, named after itself, whoever asks how often', async () => {
    await installEarlier();
    const added = await Promise.all([ensureLastSlot(context), ensureLastSlot(context)]);
    expect(added).toContain('20260102T060000Z');
    expect(await ensureLastSlot(context)).toBeNull();
    expect((await queues.controller.getWaiting()).map(({ id, name }) => [name, id])).toEqual([
      ['run', '20260102T060000Z'],
    ]);
  });

  it('is looked for in the bucket, not only in Redis', async () => {
    await installEarlier();
    const name = objectNames(context.sourceId).tables('20260102T060000Z');
    await context.bucket.create({ name, bytes: Buffer.from('{}'), contentType: 'application/json' });
    expect(await ensureLastSlot(context)).toBeNull();
  });

  it('is left alone when it is older than the catch-up window', async () => {
    await installEarlier();
    now = new Date('2026-01-02T18:00:01Z');
    expect(await ensureLastSlot(context)).toBeNull();
    now = new Date('2026-01-02T18:00:00Z');
    expect(await ensureLastSlot(context)).toBe('20260102T060000Z');
  });

  it('is not held up by a job that cannot be read', async () => {
    await installEarlier();
    await ensureLastSlot(context);
    await connection.hset(
      queues.controller.toKey('20260102T060000Z'),
      'data',
      'not json',
      'opts',
      'not json',
    );
    expect(await ensureLastSlot(context)).toBeNull();
    now = new Date('2026-01-03T06:00:00Z');
    expect(await ensureLastSlot(context)).toBe('20260103T060000Z');
  });

  it('is looked for at the start of a scheduler', async () => {
    await installEarlier();
    const scheduler = await startScheduler(context);
    await scheduler.stop();
    expect(await queues.controller.getJob('20260102T060000Z')).toBeDefined();
  });
});
