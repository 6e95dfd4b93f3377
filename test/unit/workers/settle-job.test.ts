import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Job, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { LoadError } from '../../../src/pipeline/errors/index.ts';
import { type JobOutcome, type Processor, settleJob } from '../../../src/workers/settle-job.ts';
import { ROOT } from '../../support/markdown.ts';

const schema = z.strictObject({ version: z.literal(1), sourceId: z.string(), tries: z.int() });
type Payload = z.infer<typeof schema>;
type Outcome = JobOutcome<Payload>;

const PAYLOAD: Payload = { version: 1, sourceId: 'test', tries: 0 };
const NEXT: Payload = { ...PAYLOAD, tries: 1 };

/** What was asked of BullMQ, in order. */
let calls: string[];
let shutdown: AbortController;
let hasOpenChildren: boolean;

beforeEach(() => {
  calls = [];
  shutdown = new AbortController();
  hasOpenChildren = false;
});

function jobOf(data: unknown, name = 'load'): Job {
  return {
    id: 'x',
    name,
    queueName: 'ingest',
    data,
    updateData: async ({ tries }: Payload) => void calls.push(`data ${tries}`),
    updateProgress: async ({ message }: { message: string }) => void calls.push(`progress ${message}`),
    moveToDelayed: async () => void calls.push('delayed'),
    moveToWait: async () => void calls.push('back to the front'),
    moveToWaitingChildren: async () => {
      calls.push('asks for children');
      return hasOpenChildren;
    },
  } as unknown as Job;
}

/** What BullMQ is told in the end: what the job returns, or the name of what is thrown. */
async function settled(
  work: () => Promise<Outcome>,
  { job = jobOf(PAYLOAD), ...rest }: Partial<Processor<Payload>> & { job?: Job } = {},
): Promise<unknown> {
  const context = {
    connection: { zadd: async () => 1 } as unknown as Redis,
    sourceId: 'test',
    log: pino({ level: 'silent' }),
    shutdown: shutdown.signal,
  };
  const worker = { toKey: (key: string) => key } as unknown as Worker;
  const taken = { job, token: 't', signal: shutdown.signal, worker, context };
  try {
    return await settleJob({ schema, work, ...rest }, taken);
  } catch (thrown) {
    return `${(thrown as Error).constructor.name}: ${(thrown as Error).message}`;
  }
}
const returns = (outcome: Outcome) => settled(async () => outcome);

describe('an outcome becomes what BullMQ understands', () => {
  it('done: the job returns the result', async () => {
    expect(await returns({ outcome: 'done', result: { rows: 2 } })).toEqual({ rows: 2 });
    expect(calls).toEqual([]);
  });

  it('later: the data first, then the delay', async () => {
    expect(await returns({ outcome: 'later', delayMs: 1, data: NEXT })).toMatch(/^DelayedError/);
    expect(calls).toEqual(['data 1', 'delayed']);
  });

  it('waiting: says why, and changes no data unless told', async () => {
    expect(await returns({ outcome: 'waiting', delayMs: 1, why: 's.t is paused' })).toMatch(/^DelayedError/);
    expect(calls).toEqual(['progress s.t is paused', 'delayed']);
    calls = [];
    await returns({ outcome: 'waiting', delayMs: 1, why: 'waits', data: NEXT });
    expect(calls).toEqual(['data 1', 'progress waits', 'delayed']);
  });

  it('children: waits for those that are open', async () => {
    hasOpenChildren = true;
    const whenNoneIsOpen = async (): Promise<Outcome> => ({ outcome: 'done', result: 'all' });
    expect(await returns({ outcome: 'children', whenNoneIsOpen })).toMatch(/^WaitingChildrenError/);
    hasOpenChildren = false;
    expect(await returns({ outcome: 'children', whenNoneIsOpen })).toBe('all');
  });

  it('failed: the data, then what comes after them, then the end', async () => {
    const whenStored = async () => void calls.push('wish forgotten');
    const outcome: Outcome = { outcome: 'failed', message: 'X: y', data: NEXT, whenStored };
    expect(await returns(outcome)).toBe('UnrecoverableError: X: y');
    expect(calls).toEqual(['data 1', 'wish forgotten']);
  });
});

it('an outcome that was told is never judged once more', async () => {
  hasOpenChildren = true;
  const afterError = async (): Promise<Outcome> => ({ outcome: 'done', result: 'judged' });
  const whenNoneIsOpen = afterError;
  const outcomes: Outcome[] = [
    { outcome: 'later', delayMs: 1, data: NEXT },
    { outcome: 'children', whenNoneIsOpen },
    { outcome: 'failed', message: 'X: y' },
  ];
  for (const outcome of outcomes)
    expect(await settled(async () => outcome, { afterError })).toMatch(/Error: /);
});

describe('what is thrown', () => {
  const throws = (error: unknown) => async () => Promise.reject(error);
  const afterError = async (): Promise<Outcome> => ({ outcome: 'later', delayMs: 1, data: NEXT });

  it('by the work, or while its outcome is told, is the processor’s to judge; else BullMQ’s', async () => {
    const boom = new Error('boom');
    expect(await settled(throws(boom), { afterError })).toMatch(/^DelayedError/);
    expect(await settled(throws(boom))).toBe('Error: boom');
    const whenStored = throws(boom);
    const failed = async (): Promise<Outcome> => ({ outcome: 'failed', message: 'x', whenStored });
    expect(await settled(failed, { afterError })).toMatch(/^DelayedError/);
  });

  it('by the judgement itself is left to BullMQ', async () => {
    expect(await settled(throws(new Error('a')), { afterError: throws(new Error('b')) })).toBe('Error: b');
  });

  it('is nobody’s failure at shutdown: the job goes back to the front', async () => {
    shutdown.abort(new Error('shutdown'));
    expect(await settled(throws(shutdown.signal.reason), { afterError })).toMatch(/^WaitingError/);
    expect(calls).toEqual(['back to the front']);
  });

  it('leaves an outcome that was told as it is, at shutdown too', async () => {
    shutdown.abort(new Error('shutdown'));
    expect(await returns({ outcome: 'failed', message: 'X: y' })).toBe('UnrecoverableError: X: y');
  });

  it('as NEWER_VERSION leaves the job to a newer worker', async () => {
    const newer = new LoadError('NEWER_VERSION', 'version 2');
    expect(await settled(throws(newer), { afterError })).toMatch(/^DelayedError/);
    expect(calls).toEqual(['progress waits for a newer worker: version 2', 'delayed']);
  });
});

describe('a payload', () => {
  const work = async (): Promise<Outcome> => ({ outcome: 'done', result: 'worked' });

  it('that cannot be read fails the job for good', async () => {
    const job = jobOf({ version: 1, sourceId: 'test' });
    expect(await settled(work, { job })).toMatch(/^UnrecoverableError: PAYLOAD_INVALID: .*tries/);
  });

  it('may be known from elsewhere', async () => {
    const job = jobOf({});
    expect(await settled(work, { job, unreadable: async () => PAYLOAD })).toBe('worked');
    expect(await settled(work, { job, unreadable: async () => null })).toMatch(/^UnrecoverableError/);
  });

  it('is not read of a job that has none', async () => {
    const job = jobOf({}, 'tick');
    expect(await settled(work, { job, withoutPayload: { tick: async () => 'ticked' } })).toBe('ticked');
  });
});

it('one file speaks to BullMQ of what became of a job', () => {
  const folder = join(ROOT, 'src');
  const speakers = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) =>
      file.endsWith('.ts') &&
      /\b(Delayed|Waiting|WaitingChildren|Unrecoverable|RateLimit)Error\b|moveTo(Delayed|WaitingChildren)\(/.test(
        readFileSync(join(folder, file), 'utf8'),
      ),
  );
  expect(speakers).toEqual(['workers/settle-job.ts']);
});
