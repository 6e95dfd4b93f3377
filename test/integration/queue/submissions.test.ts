import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSubmissionPace } from '../../../src/redis/submissions.ts';
import { freshName, stackEnv } from '../../support/stack-env.ts';

let connections: Redis[];
beforeEach(() => {
  connections = [0, 1, 2].map(() => new Redis(stackEnv()['REDIS_URL'] ?? ''));
});
afterEach(() => {
  for (const one of connections) one.disconnect();
});
const signal = new AbortController().signal;

it('submissions of several processes are a fixed time apart, whoever asks', async () => {
  const sourceId = freshName();
  const waits: number[] = [];
  const sleep = async (ms: number) => void waits.push(ms);
  // One a minute: what the test itself takes does not count beside that.
  const paces = connections.map((redis) => createSubmissionPace({ redis, sourceId, perMinute: 1, sleep }));
  await Promise.all(Array.from({ length: 9 }, (_, n) => paces[n % 3]?.(signal)));
  const minutes = waits.map((ms) => Math.round(ms / 60_000)).sort((a, b) => a - b);
  // The first did not wait.
  expect(minutes).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

it('a submission after a quiet time does not wait, and a stopped process does not go on', async () => {
  const sourceId = freshName();
  const [redis] = connections;
  if (!redis) throw new Error('no connection');
  const waits: number[] = [];
  const stopped = new Error('stopped');
  const sleep = async (ms: number) => {
    waits.push(ms);
    throw stopped;
  };
  const pace = createSubmissionPace({ redis, sourceId, perMinute: 1, sleep });
  await pace(signal);
  await expect(pace(signal)).rejects.toBe(stopped);
  expect(waits).toHaveLength(1);
});
