import { type ErrorCode, LoadError, oneLine } from '../../pipeline/errors/index.ts';
import { objectNames } from '../../pipeline/names/index.ts';
import { attemptErrorSchema, type Spec } from '../../pipeline/objects/index.ts';
import { type Bucket, type RemoteJob, readObject } from '../../pipeline/ports/index.ts';
import { attemptFailure } from '../attempt-failure.ts';

const OUTPUT_LINES = 50;
const OUTPUT_BYTES = 64 * 1024;

/**
 * Why a Dataproc job that ended without success failed: MySQL's error if there is one (error.json),
 * else the job's own words; with the end of the driver output and a link in the context. Unreadable
 * output is a note there.
 */
export async function remoteFailure(job: RemoteJob, spec: Spec, bucket: Bucket): Promise<LoadError> {
  const told = await readObject(
    bucket,
    objectNames(spec.sourceId).attemptError(spec.attemptId),
    attemptErrorSchema,
  );
  const context = { dataprocJob: job.id, link: job.link, driverOutput: await driverOutput(job, bucket) };
  if (told) return attemptFailure(told.value, spec, context);
  if (job.state === 'cancelled')
    return new LoadError('REMOTE_CANCELLED', `Dataproc job ${job.id} was cancelled.`, { context });
  return new LoadError(
    codeOfDetails(job.details),
    `Dataproc job ${job.id}: ${oneLine(job.details) || job.vendorState}`,
    { context },
  );
}

/**
 * What a driver says that had no time to say it itself, in Dataproc's words: `docs/unproven.md`,
 * and issues of others.
 */
const DETAILS: readonly [RegExp, ErrorCode][] = [
  // "Driver received SIGTERM/SIGKILL signal and exited with 143 code, which potentially signifies a
  // memory pressure."
  [
    /memory pressure|OutOfMemoryError|out of memory|exited with 137\b|exit code 137\b/i,
    'SPARK_OUT_OF_MEMORY',
  ],
  // "Task was not acquired", "Task not found"
  [/task (was )?not (acquired|found)/i, 'CLUSTER_LOST'],
  [
    /\bcluster\b.*\b(deleted|deleting|stopped|stopping|not found|does not exist|not running)\b/is,
    'CLUSTER_LOST',
  ],
];

/** The class of a failure that left no error.json, by what Dataproc says of the job. */
export function codeOfDetails(details: string): ErrorCode {
  return DETAILS.find(([pattern]) => pattern.test(details))?.[1] ?? 'REMOTE_FAILED';
}

/**
 * The last lines of the driver output: chunks `driveroutput.000000000`, … beside each other in the
 * cluster's bucket.
 */
async function driverOutput(job: RemoteJob, bucket: Bucket): Promise<string> {
  const address = /^gs:\/\/([^/]+)\/(.+)$/.exec(job.driverOutputUri ?? '');
  if (!address?.[1] || !address[2]) return '(Dataproc names no driver output)';
  const names = await bucket.listForeign({ bucket: address[1], prefix: address[2] });
  const unreadable = `(the driver output cannot be read: ${job.driverOutputUri})`;
  if (!names) return unreadable;
  const tails: string[] = [];
  for (const name of names.slice(-2)) {
    const tail = await bucket.readTail({ bucket: address[1], name }, OUTPUT_BYTES);
    if (tail === null) return unreadable;
    tails.push(tail);
  }
  return tails.join('').trimEnd().split('\n').slice(-OUTPUT_LINES).join('\n');
}
