import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { LoadError } from '../../../src/pipeline/errors/load-error.ts';
import { SCHEDULING, WORKER_OPTIONS } from '../../../src/queues/job-options.ts';
import { checker, type SchedulerContext } from '../../../src/scheduler/scheduler.ts';
import { createMemoryBucket } from '../../support/fakes/memory-bucket.ts';

interface Line {
  level: number;
  code?: string;
  msg: string;
}

/** A scheduler that fails before it comes to its queue. */
function failing(changes: Partial<SchedulerContext>) {
  const lines: Line[] = [];
  let now = new Date('2026-11-27T12:00:00Z');
  const context = {
    bucket: createMemoryBucket(),
    sourceId: 's',
    mysqlHost: 'h',
    mysqlPort: 3306,
    schedule: { cron: '0 0 31 4,6 *', timeZone: 'America/Santiago' },
    catchUpMs: 0,
    now: () => now,
    log: pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) }),
    ...changes,
  } as SchedulerContext;
  const check = checker(context);
  return {
    lines,
    context,
    checkAfter: async (minutes: number) => {
      now = new Date(now.getTime() + minutes * 60_000);
      await check();
    },
  };
}

describe('a scheduler that cannot tell its last slot', () => {
  it('says so as an error, at once and then once an hour, and when it is over', async () => {
    const { lines, context, checkAfter } = failing({});
    for (const minutes of [1, 1, 57, 2]) await checkAfter(minutes);
    expect(lines).toMatchObject([
      { level: 50, code: 'CONFIG_INVALID', msg: expect.stringContaining('no scheduled run is added') },
      { level: 50, code: 'CONFIG_INVALID' },
    ]);
    context.schedule = { cron: '0 3 * * *', timeZone: 'UTC' };
    await checkAfter(1);
    expect(lines.at(-1)).toMatchObject({ level: 30, msg: 'the last slot can be checked again' });
  });

  it('warns where a service is away', async () => {
    const away = async () => {
      throw new LoadError('STAGE_UNAVAILABLE', 'Cloud Storage is away.');
    };
    const { lines, checkAfter } = failing({ bucket: { ...createMemoryBucket(), read: away } });
    await checkAfter(1);
    expect(lines).toMatchObject([{ level: 40, code: 'STAGE_UNAVAILABLE' }]);
  });
});

describe('what BullMQ waits for', () => {
  it.each([
    [
      'the night that has no midnight',
      '0 0 * * *',
      'America/Santiago',
      '2026-09-05T12:00:00Z',
      '2026-09-06T04:00:00.000Z',
    ],
    [
      'where its own search would end the schedule',
      '0 2 * * *',
      'Australia/Lord_Howe',
      '2026-04-04T12:00:00Z',
      '2026-04-04T15:30:00.000Z',
    ],
  ])('is the slot that the scheduler makes up for: %s', (_, pattern, tz, after, slot) => {
    const next = SCHEDULING.repeatStrategy?.(Date.parse(after), { pattern, tz }, 'tick');
    expect(new Date(Number(next)).toISOString()).toBe(slot);
  });

  it('is told to queues and workers', () => {
    expect(WORKER_OPTIONS.settings?.repeatStrategy).toBe(SCHEDULING.repeatStrategy);
  });
});
