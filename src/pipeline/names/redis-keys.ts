import { grammar } from './grammar.ts';

/** Key prefix of an installation in Redis, before the queues' own keys and before ours. */
export function queuePrefix(sourceId: string): string {
  return `adutora-${sourceId}`;
}

/** Our keys, behind the prefix. None begins with the name of a queue. */
const KEYS = {
  lease: grammar('lease:{tableKey}'),
  processes: grammar('processes'),
  lifeSigns: grammar('life-signs'),
  nextSubmission: grammar('next-submission'),
  doctor: grammar('doctor'),
  outage: grammar('outage'),
  outageProbe: grammar('outage:probe'),
  outageSuspects: grammar('outage:suspects:{service}'),
  outageOpenings: grammar('outage:openings:{service}'),
  cancelWishes: grammar('cancel-wishes'),
  cancelTaken: grammar('cancel:{name}:by'),
  cancel: grammar('cancel:{name}'),
  cancelled: grammar('cancelled:{name}'),
};

/** Our keys in Redis, of one installation. `name` is a RUN or a LOAD. */
export function redisKeys(sourceId: string) {
  const prefix = `${queuePrefix(sourceId)}:`;
  return {
    lease: (tableKey: string) => prefix + KEYS.lease.make({ tableKey }),
    /** Hash: `host:pid` → what that process was told. */
    processes: prefix + KEYS.processes.make({}),
    /** Hash: id of a process → its sign of life. */
    lifeSigns: prefix + KEYS.lifeSigns.make({}),
    /** When the next job may be submitted to Dataproc. */
    nextSubmission: prefix + KEYS.nextSubmission.make({}),
    /** Written and read by the doctor. */
    doctor: prefix + KEYS.doctor.make({}),
    outage: prefix + KEYS.outage.make({}),
    outageProbe: prefix + KEYS.outageProbe.make({}),
    outageSuspects: (service: string) => prefix + KEYS.outageSuspects.make({ service }),
    outageOpenings: (service: string) => prefix + KEYS.outageOpenings.make({ service }),
    /** Set: names of the wishes to cancel that nobody has carried out. */
    cancelWishes: prefix + KEYS.cancelWishes.make({}),
    cancel: (name: string) => prefix + KEYS.cancel.make({ name }),
    /** Who carries the wish out. */
    cancelTaken: (name: string) => prefix + KEYS.cancelTaken.make({ name }),
    cancelled: (name: string) => prefix + KEYS.cancelled.make({ name }),
  };
}

/** Which of our keys it is, and of what; null for what is none of them, such as a queue's. */
export function parseRedisKey(
  sourceId: string,
  key: string,
): { is: keyof typeof KEYS; of: string | null } | null {
  const prefix = `${queuePrefix(sourceId)}:`;
  if (!key.startsWith(prefix)) return null;
  for (const [is, form] of Object.entries(KEYS)) {
    const found = form.parse(key.slice(prefix.length));
    if (found) return { is: is as keyof typeof KEYS, of: Object.values<string>(found)[0] ?? null };
  }
  return null;
}

/**
 * Queue and id in the key of a job (`prefix:queue:id`); an id holds no colon. Null for what is no
 * such key.
 */
export function parseJobKey(key: string): { queueKey: string; id: string } | null {
  return JOB.parse(key);
}

const JOB = grammar('{queueKey*}:{id}');
