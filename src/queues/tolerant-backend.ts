import { createRedisBackend, type QueueBaseOptions, type RedisQueueBackend, raw2NextJobData } from 'bullmq';
import { Redis } from 'ioredis';
import { COUNTERS, isCounter, readableFields, readableTemplate, toFields } from './readable-fields.ts';

/** Scripts that hand the next job to a worker: its fields as a flat list, first in their answer. */
const HANDS_OVER = new Set(['moveToActive', 'moveToFinished', 'moveToDelayed']);

/**
 * BullMQ's backend, made to survive a job that cannot be decoded. By itself it throws wherever it
 * meets one: a worker takes it and never lets go of it, and every list that holds it fails
 * (measured). Here it is handed out with what is wrong for its data, and so fails under its own id.
 * Reading changes nothing in Redis; what a worker takes up is mended where scripts would trip over
 * it.
 */
export function createTolerantBackend(
  name: string,
  options: QueueBaseOptions,
  use?: Parameters<typeof createRedisBackend>[2],
): RedisQueueBackend {
  const { connection } = options;
  if (!(connection instanceof Redis)) throw new Error('Queues share a connection that is there already.');
  const backend = createRedisBackend(name, options, use);
  const execute = backend.execCommand.bind(backend);
  const schedulerData = backend.getJobSchedulerData.bind(backend);
  return Object.assign(backend, {
    execCommand: (...[client, command, args]: Parameters<typeof execute>) => {
      const answer = execute(client, command, args);
      if (!HANDS_OVER.has(command) || !(answer instanceof Promise)) return answer;
      return answer.then(
        (result: unknown) => handedOver(result, backend, connection),
        async (error: Error) => {
          if (error.message.includes('not an integer')) await putBack(args, backend, connection);
          throw error;
        },
      );
    },
    getJobData: async (id: string) => {
      const fields = await connection.hgetall(backend.toKey(id));
      if (Object.keys(fields).length === 0) return undefined;
      return raw2NextJobData([toList(readableFields(fields)), id, 0, 0])[0];
    },
    getJobSchedulerData: async (key: string) => readableTemplate(await schedulerData(key)),
  });
}

/**
 * The script that ends the job decodes its parent and counts: where it could not, the job would be
 * lost half-way.
 */
async function handedOver(result: unknown, backend: RedisQueueBackend, connection: Redis): Promise<unknown> {
  if (!Array.isArray(result) || !Array.isArray(result[0])) return result;
  const [list, id, ...rest] = result;
  const before = toFields(list);
  const fields = readableFields(before);
  for (const name of ['parent', ...COUNTERS].filter((one) => fields[one] !== before[one]))
    if (fields[name] === undefined) await connection.hdel(backend.toKey(id), name);
    else await connection.hset(backend.toKey(id), name, fields[name]);
  return [toList(fields), id, ...rest];
}

/**
 * A job that was taken and could not be counted keeps its place for ever. It is ours if its lock is
 * the token that we came with.
 */
async function putBack(args: unknown[], backend: RedisQueueBackend, connection: Redis): Promise<void> {
  const packed = Buffer.concat(args.map((arg) => (Buffer.isBuffer(arg) ? arg : Buffer.from(String(arg)))));
  for (const id of await connection.lrange(backend.toKey('active'), 0, -1)) {
    const key = backend.toKey(id);
    const [token, started] = await Promise.all([connection.get(`${key}:lock`), connection.hget(key, 'ats')]);
    if (!token || !packed.includes(token) || isCounter(started ?? undefined)) continue;
    await connection.hset(key, 'ats', 0);
    await backend.moveJobFromActiveToWait(id, token);
  }
}

function toList(fields: Record<string, string>): string[] {
  return Object.entries(fields).flat();
}
