import { pino } from 'pino';
import { describe, expect, it, type TestContext } from 'vitest';
import { startRoles } from '../../src/composition/roles.ts';
import { loadConfig } from '../../src/config/config.ts';
import { scheduleKey } from '../../src/cron/slots.ts';
import { CRASH_POINTS, type CrashPoint } from '../../src/pipeline/errors/crash-point.ts';
import { openInstallation } from '../../src/pipeline/run/installation.ts';
import { type Facts, violations } from '../support/chaos/oracle.ts';
import { placeOfTest } from '../support/chaos/own-place.ts';
import type { Place } from '../support/chaos/place.ts';
import { pause, until } from '../support/wait.ts';

const DAY_MS = 86_400_000;
/** Points that only a process with a schedule comes to. */
const OF_SCHEDULE: ReadonlySet<CrashPoint> = new Set(['F1', 'F2', 'F3']);

/** Points between a spec and its publish: there it matters who reads. */
const OF_READING: readonly CrashPoint[] = ['F7', 'F8', 'F9', 'F11'];

const open = (context: Pick<TestContext, 'onTestFinished'>, settings: Record<string, string>) =>
  placeOfTest(context, { tables: 2, readingMs: () => 200, settings });

/** A worker in this process, over the same proxies, that finds what the dead one has left. */
async function recover({ env }: Place, roles: ('worker' | 'scheduler')[]): Promise<() => Promise<void>> {
  const running = await startRoles(loadConfig(env, '/nowhere'), roles, {
    log: pino({ level: 'silent' }),
    delayFactor: 0.01,
  });
  return () => running.stop();
}

/** As if the schedule had been known for days: the last slot is due. */
async function knowSchedule({ config: { settings }, adapters, env }: Place): Promise<void> {
  await openInstallation(adapters.bucket, {
    sourceId: settings.SOURCE_ID,
    mysqlHost: settings.MYSQL_HOST,
    mysqlPort: Number(env['MYSQL_PORT']),
    schedule: scheduleKey({ cron: settings.SCHEDULE_CRON, timeZone: settings.SCHEDULE_TIMEZONE }),
    now: new Date(Date.now() - 3 * DAY_MS),
  });
}

async function runsOf(place: Place): Promise<string[]> {
  return place.adapters.bucket.folders(`${place.sourceId}/runs/`);
}

/** All is loaded, once; by as many Dataproc jobs. */
function expectWhole(facts: Facts, jobs = 2): void {
  expect(violations(facts)).toEqual([]);
  expect(facts.runs).toHaveLength(1);
  expect(facts.history.map(({ table, status }) => [table, status]).sort()).toEqual([
    ['t00', 'loaded'],
    ['t01', 'loaded'],
  ]);
  expect(facts.jobs).toHaveLength(jobs);
}

/**
 * What workers read by themselves tells nobody; tables that are not written are in one state. What
 * a dead reader has left is gone too.
 */
function expectWholeWithoutSpark(facts: Facts): void {
  const read = { state: 0, wrong: null, rows: 0, isManifest: true };
  const reads = facts.publishes.map(({ attemptId, table }) => ({ ...read, attemptId, table }));
  expectWhole({ ...facts, reads }, 0);
  expect(facts.staged).toEqual([]);
}

describe.concurrent('a worker that dies at', () => {
  it.for(Object.keys(CRASH_POINTS) as CrashPoint[])(
    '%s is replaced by one that finds out what happened',
    async (point, context) => {
      const isOfSchedule = OF_SCHEDULE.has(point);
      const place = await open(context, { SCHEDULE_CATCH_UP: '24h', INGEST_CONCURRENCY: '2' });
      if (isOfSchedule) await knowSchedule(place);
      else await place.ask();
      const dying = place.fleet.start({ CRASH_AT: point }, isOfSchedule ? 'scheduler' : 'worker');
      await dying.process.ended;
      expect(dying.process.child.signalCode).toBe('SIGKILL');
      const stop = await recover(place, isOfSchedule ? ['scheduler', 'worker'] : ['worker']);
      const [runId = ''] = await until(async () => {
        const found = await runsOf(place);
        return found.length > 0 && found;
      });
      await place.ended(runId);
      await stop();
      expectWhole(await place.facts());
    },
  );

  it.for(OF_READING)(
    '%s, and had read by itself, is followed by one that reads again or goes on',
    async (point, context) => {
      const place = await open(context, { INGEST_ENGINE: 'direct', INGEST_CONCURRENCY: '2' });
      const runId = await place.ask();
      const dying = place.fleet.start({ CRASH_AT: point }, 'worker');
      await dying.process.ended;
      expect(dying.process.child.signalCode).toBe('SIGKILL');
      const stop = await recover(place, ['worker']);
      await place.ended(runId);
      await stop();
      expectWholeWithoutSpark(await place.facts());
    },
  );

  it('F10 only in appearance, being held up, publishes nothing when it wakes', async (context) => {
    const place = await open(context, { INGEST_CONCURRENCY: '1' });
    const runId = await place.ask();
    const held = place.fleet.start({ CRASH_AT: 'F10:stop' });
    await until(async () => held.steps.some(({ message }) => message === 'load started'));
    const stop = await recover(place, ['worker']);
    await place.ended(runId);
    for (const table of place.tables) await place.writer.write(table);
    await place.ended(await place.ask(place.tables));
    place.fleet.resume(held);
    // What it does now is heard of nowhere; it has all the time of another run for it.
    await pause(2_000);
    await place.ended(await place.ask());
    await stop();
    expect(violations(await place.facts())).toEqual([]);
  });
});
