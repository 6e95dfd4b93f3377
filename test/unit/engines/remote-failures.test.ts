import { beforeEach, describe, expect, it } from 'vitest';
import { remoteFailure } from '../../../src/engines/dataproc/remote-failure.ts';
import { objectNames } from '../../../src/pipeline/names/index.ts';
import type { RemoteJob } from '../../../src/pipeline/ports/remote-jobs.ts';
import { createMemoryBucket } from '../../support/fakes/memory-bucket.ts';
import { specOf } from '../../support/samples.ts';

const spec = specOf();
let bucket: ReturnType<typeof createMemoryBucket>;
beforeEach(() => {
  bucket = createMemoryBucket();
});

const job = (changes: Partial<RemoteJob>): RemoteJob => ({
  id: 'j',
  state: 'failed',
  vendorState: 'ERROR',
  details: '',
  labels: {},
  submittedAt: null,
  stateSince: null,
  driverOutputUri: null,
  link: 'https://console',
  ...changes,
});

/** What the driver wrote before it ended. */
async function told(changes: { code?: string; errno?: number; sqlState?: string; class?: string }) {
  const error = {
    version: 1,
    attemptId: spec.attemptId,
    code: null,
    class: 'X',
    errno: null,
    sqlState: null,
    message: 'the message',
    specSha256: null,
    endedAt: '2026-01-02T03:01:00Z',
    ...changes,
  };
  const name = objectNames(spec.sourceId).attemptError(spec.attemptId);
  await bucket.create({ name, bytes: Buffer.from(JSON.stringify(error)), contentType: 'application/json' });
}

describe('the class of a remote failure, by what the driver wrote', () => {
  it.each([
    ['a code of ours, terminal', { code: 'POLICY_VIOLATION' }, 'POLICY_VIOLATION', false],
    ['a code of ours, transient', { code: 'NULL_TOKEN_COLLISION' }, 'NULL_TOKEN_COLLISION', true],
    ['memory that ran out in the JVM', { code: 'SPARK_OUT_OF_MEMORY' }, 'SPARK_OUT_OF_MEMORY', true],
    ['a code that this version does not know', { code: 'OF_A_NEWER_SCRIPT' }, 'REMOTE_FAILED', true],
    ['the guard: another server', { errno: 1242 }, 'SOURCE_MOVED', true],
    ['a server that is away', { errno: 2003 }, 'SOURCE_UNREACHABLE', true],
    ['a connection that was lost', { errno: 0, sqlState: '08S01' }, 'SOURCE_UNREACHABLE', true],
    ['a lock that was waited for', { errno: 1205 }, 'SOURCE_BUSY', true],
    ['a table that is gone', { errno: 1146, sqlState: '42S02' }, 'SOURCE_TABLE_GONE', false],
    ['a right that is missing', { errno: 1142 }, 'SOURCE_ACCESS_DENIED', false],
    ['a table that was altered', { errno: 1412 }, 'SOURCE_CHANGED_SHAPE', true],
    ['an exception of another kind', { class: 'ValueError' }, 'REMOTE_FAILED', true],
  ] as const)('%s', async (_, error, code, isTransient) => {
    await told(error);
    const failure = await remoteFailure(job({ details: 'Task was not acquired' }), spec, bucket);
    expect(failure).toMatchObject({
      code,
      isTransient,
      context: { dataprocJob: 'j', link: 'https://console' },
    });
  });

  it.each([
    ['the guard', { code: 'SOURCE_MOVED', errno: 1242 }, /^The table was read from another server/],
    ['the guard, by its number alone', { errno: 1242 }, /^The table was read from another server/],
    ['a code of ours', { code: 'POLICY_VIOLATION' }, /^the message$/],
    ['an error of MySQL', { errno: 1146 }, /^the message \(errno 1146\)$/],
    ['an exception of another kind', { class: 'ValueError' }, /^ValueError: the message$/],
  ] as const)('%s: the sentence is that of its code, and names no table', async (_, error, message) => {
    await told(error);
    expect((await remoteFailure(job({}), spec, bucket)).message).toMatch(message);
  });
});

describe("the class of a remote failure, by Dataproc's own words", () => {
  const agent =
    'Google Cloud Dataproc Agent reports job failure. If logs are available, they can be found at:';
  it.each([
    [`${agent} x`, 'REMOTE_FAILED', true],
    ['', 'REMOTE_FAILED', true],
    ['Job failed with message [exit code 3].', 'REMOTE_FAILED', true],
    [
      `Driver received SIGTERM/SIGKILL signal and exited with 143 code, which potentially signifies a memory pressure.\n${agent}`,
      'SPARK_OUT_OF_MEMORY',
      true,
    ],
    ['Driver received SIGKILL signal and exited with 137 code', 'SPARK_OUT_OF_MEMORY', true],
    ['Job failed with message [java.lang.OutOfMemoryError: Java heap space]', 'SPARK_OUT_OF_MEMORY', true],
    ['Task was not acquired', 'CLUSTER_LOST', true],
    ['Task not found', 'CLUSTER_LOST', true],
    ['Cluster analytics was deleted while the job was running', 'CLUSTER_LOST', true],
  ])('%j', async (details, code, isTransient) => {
    expect(await remoteFailure(job({ details }), spec, bucket)).toMatchObject({ code, isTransient });
  });

  it('is a cancellation by someone where the job was cancelled and nothing was written', async () => {
    const cancelled = job({ state: 'cancelled', vendorState: 'CANCELLED', details: 'Task not found' });
    expect(await remoteFailure(cancelled, spec, bucket)).toMatchObject({
      code: 'REMOTE_CANCELLED',
      isTransient: true,
    });
  });
});
