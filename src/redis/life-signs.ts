import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { redisKeys } from '../pipeline/names/index.ts';
import { asJson } from './as-json.ts';

/** How often a process shows that it lives, and how often others look. */
export const BEAT_MS = 500;
/**
 * A process that has shown nothing for this long is taken for dead. One that is stopped for 8 s
 * shows nothing for 8.5 s, and who looks every half second sees 9.
 */
export const SILENT_MS = 10_000;
/**
 * Who has not looked for this long has seen nothing: it was stopped itself, or Redis was away, for
 * everybody.
 */
const BLIND_MS = 2_000;

/**
 * Where a process runs: a number of a process means something only to those who share this place.
 */
const placeSchema = z.object({ host: z.string(), boot: z.string(), pidSpace: z.string() });

const signSchema = z.object({
  version: z.literal(1),
  /** Grows with each sign. */
  beat: z.number(),
  /** Ids of its BullMQ workers: each lock begins with one. */
  workers: z.array(z.string()),
  place: placeSchema,
  pid: z.number(),
  /**
   * When it was started, in the kernel's ticks: another process may get its number. Null where the
   * kernel does not say.
   */
  startTicks: z.string().nullable(),
});
/** The sign of life of one process. */
export type LifeSign = z.infer<typeof signSchema>;

/** The hash of all signs: id of a process → `LifeSign`. */
export function lifeSignsKey(sourceId: string): string {
  return redisKeys(sourceId).lifeSigns;
}

/** A name for one process that no later one has. */
export function newProcessId(): string {
  return `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
}

/** What does not change in this process's signs. */
export function ownLife(): Pick<LifeSign, 'version' | 'place' | 'pid' | 'startTicks'> {
  return { version: 1, place: ownPlace(), pid: process.pid, startTicks: startOf(process.pid) ?? null };
}

/** Every sign there is, by process; what cannot be read is none. */
export async function readLifeSigns(redis: Redis, sourceId: string): Promise<Map<string, LifeSign>> {
  const signs = new Map<string, LifeSign>();
  for (const [id, text] of Object.entries(await redis.hgetall(lifeSignsKey(sourceId)))) {
    const sign = signSchema.safeParse(asJson(text)).data;
    if (sign) signs.set(id, sign);
  }
  return signs;
}

/**
 * True where the process ran on this very machine and is not there any more. Of processes elsewhere
 * nothing is known.
 */
export function isGoneHere(
  { place, pid, startTicks }: LifeSign,
  here: { place: LifeSign['place']; startOf(pid: number): string | null | undefined } = {
    place: ownPlace(),
    startOf,
  },
): boolean {
  const isHere = (['host', 'boot', 'pidSpace'] as const).every((key) => place[key] === here.place[key]);
  if (!isHere || place.boot === '' || startTicks === null) return false;
  const started = here.startOf(pid);
  return started !== undefined && started !== startTicks;
}

/**
 * Tells processes that have fallen silent, by one watch's own steady clock: no clock is compared
 * with another's. After a gap between two looks everything is watched anew.
 */
export function createSilenceWatch(): (signs: ReadonlyMap<string, LifeSign>, nowMs: number) => string[] {
  let heard = new Map<string, { beat: number; since: number }>();
  let lookedAt = Number.NEGATIVE_INFINITY;
  return (signs, nowMs) => {
    if (nowMs - lookedAt > BLIND_MS) heard = new Map();
    lookedAt = nowMs;
    for (const id of [...heard.keys()].filter((one) => !signs.has(one))) heard.delete(id);
    for (const [id, { beat }] of signs)
      if (heard.get(id)?.beat !== beat) heard.set(id, { beat, since: nowMs });
    return [...heard].filter(([, { since }]) => nowMs - since >= SILENT_MS).map(([id]) => id);
  };
}

/** True where so much time lies between two looks that this process cannot have been at work. */
export function wasAsleep(sinceLastLookMs: number): boolean {
  return sinceLastLookMs > BLIND_MS;
}

function ownPlace(): LifeSign['place'] {
  return {
    host: hostname(),
    boot: orEmpty(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidSpace: orEmpty(() => readlinkSync('/proc/self/ns/pid')),
  };
}

/**
 * The start of a process in ticks since the machine's; null where there is none of that number, or
 * only its remains; undefined where it is hidden.
 */
function startOf(pid: number): string | null | undefined {
  const stat = orEmpty(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The name, in brackets, may hold anything.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === undefined || state === '') return isThere(pid) ? undefined : null;
  return 'ZX'.includes(state) ? null : fields[18];
}

/** Also of another user, whose processes /proc may hide. */
function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Not every system has what Linux shows. */
function orEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
