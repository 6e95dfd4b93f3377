import { lastSlot, nextSlot, scheduleKey } from '../cron/slots.ts';
import {
  type Finding,
  judgeNode,
  judgeOutage,
  judgeProcesses,
  judgeRedis,
  judgeSchedule,
  look,
  ok,
  skipped,
} from '../pipeline/doctor/index.ts';
import { objectNames, scheduledRunName } from '../pipeline/names/index.ts';
import { installationObjectSchema } from '../pipeline/objects/index.ts';
import { readObject } from '../pipeline/ports/index.ts';
import type { CommandContext } from './command.ts';

/** Node, Redis, and the processes that are alive. */
export async function lookAtMachine(context: CommandContext): Promise<Finding[]> {
  const redis = await look('redis.reachable', async () => {
    const { redis: facts, processes, outage } = await context.machine();
    return [
      ...judgeRedis(facts, context.now()),
      ...judgeProcesses(processes.self, processes.alive),
      judgeOutage(outage),
    ];
  });
  return [judgeNode(context.nodeVersion), ...redis, ...(await lookAtWriting(redis, context))];
}

async function lookAtWriting(redis: readonly Finding[], context: CommandContext): Promise<Finding[]> {
  if (redis.some(({ check, status }) => check === 'redis.reachable' && status === 'fail'))
    return [skipped('redis.writable', 'because of redis.reachable')];
  return look('redis.writable', async () => {
    await context.tryWritingRedis();
    return [ok('redis.writable', 'a key was written, read and removed')];
  });
}

/** When the schedule was due last, and whether that made a run. */
export async function lookAtSchedule(context: CommandContext): Promise<Finding[]> {
  const { config, verify, ports } = context;
  const { SCHEDULE_CRON: cron, SCHEDULE_TIMEZONE: timeZone, SCHEDULE_CATCH_UP: catchUpMs } = config.settings;
  return look('schedule.slots', async () => {
    const now = context.now();
    const last = lastSlot({ cron, timeZone }, now);
    const next = nextSlot({ cron, timeZone }, now);
    const names = objectNames(verify.sourceId);
    const installation = await readObject(ports.bucket, names.installation, installationObjectSchema);
    const seen = installation?.value.schedules[scheduleKey({ cron, timeZone })];
    const facts = { cron, timeZone, catchUpMs, last, next, firstSeen: seen ? new Date(seen) : null };
    return [judgeSchedule({ ...facts, isLastKnown: await isKnown(scheduledRunName(last), context) }, now)];
  });
}

/** A run that has not decided yet is known to the queue alone. */
async function isKnown(runId: string, { ports, verify, queues }: CommandContext): Promise<boolean> {
  const names = objectNames(verify.sourceId);
  const [tables, summary] = await Promise.all([
    ports.bucket.exists(names.tables(runId)),
    ports.bucket.exists(names.summary(runId)),
  ]);
  return tables || summary || (await (await queues()).controller.getJobState(runId)) !== 'unknown';
}
