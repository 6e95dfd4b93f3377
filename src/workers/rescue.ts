import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Queues } from '../queues/queues.ts';
import { wakeWorkers } from '../queues/wake-workers.ts';
import {
  BEAT_MS,
  createSilenceWatch,
  isGoneHere,
  type LifeSign,
  lifeSignsKey,
  readLifeSigns,
  wasAsleep,
} from '../redis/life-signs.ts';
import type { HeldJobs } from './held-jobs.ts';

/**
 * The sign of a dead process is looked for jobs this long: what it had asked for last may have
 * reached Redis after its death.
 */
const FORGET_MS = 60_000;

export interface RescueContext {
  connection: Redis;
  queues: Queues;
  sourceId: string;
  held: HeldJobs;
  /** Of this process, which never takes itself for dead. */
  processId: string;
  log: Logger;
}

/**
 * Has the jobs of dead workers go on elsewhere: one that ran on this machine is known to be gone at
 * once, another after 10 s of silence. They go back to the front of their queue; no attempt and no
 * stall is counted. BullMQ's own locks (30 s) stay behind it.
 */
export function startRescue(context: RescueContext): { stop(): void } {
  const { connection, held, log } = context;
  const isSilent = createSilenceWatch();
  const deadSince = new Map<string, number>();
  let isStopped = false;
  let lookedAt = performance.now();
  const look = async () => {
    const signs = await readLifeSigns(connection, context.sourceId);
    const now = performance.now();
    if (wasAsleep(now - lookedAt)) await held.dropLost(connection);
    lookedAt = now;
    const silent = new Set(isSilent(signs, now));
    const dead = [...signs].filter(
      ([id, sign]) => id !== context.processId && (silent.has(id) || isGoneHere(sign)),
    );
    for (const id of [...deadSince.keys()].filter((one) => !dead.some(([other]) => other === one)))
      deadSince.delete(id);
    if (dead.length > 0) await rescue(dead, { ...context, deadSince, now });
  };
  const run = async () => {
    while (!isStopped) {
      // Redis is away, and tells so by the connection itself.
      await look().catch((error: Error) => log.debug({ err: error.message }, 'dead workers not looked for'));
      await new Promise((resolve) => setTimeout(resolve, BEAT_MS));
    }
  };
  void run();
  return {
    stop: () => {
      isStopped = true;
    },
  };
}

async function rescue(
  dead: readonly [id: string, sign: LifeSign][],
  context: RescueContext & { deadSince: Map<string, number>; now: number },
): Promise<void> {
  const { queues, connection, sourceId, deadSince, now, log } = context;
  for (const [id, sign] of dead) {
    const moved = await Promise.all(Object.values(queues).map((queue) => takeBack(queue, sign, connection)));
    const jobs = moved.flat();
    if (jobs.length > 0 || !deadSince.has(id))
      log.warn({ process: id, jobs }, 'a worker is dead; its jobs go on elsewhere');
    const since = deadSince.get(id) ?? now;
    deadSince.set(id, since);
    if (now - since > FORGET_MS) await connection.hdel(lifeSignsKey(sourceId), id);
  }
}

/**
 * Puts every job that the process holds back to the front, if its lock is still that process's.
 * Their ids.
 */
async function takeBack(queue: Queue, { workers }: LifeSign, connection: Redis): Promise<string[]> {
  const moved: string[] = [];
  for (const id of await connection.lrange(queue.toKey('active'), 0, -1)) {
    const token = await connection.get(`${queue.toKey(id)}:lock`);
    if (token === null || !workers.some((worker) => token.startsWith(`${worker}:`))) continue;
    const job = await queue.getJob(id);
    // Another may have been faster.
    const isMoved = await job?.moveToWait(token).then(
      () => true,
      () => false,
    );
    if (isMoved) moved.push(id);
  }
  if (moved.length > 0) await wakeWorkers(queue, connection);
  return moved;
}
