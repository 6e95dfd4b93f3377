import { z } from 'zod';
import { classifyMysqlErrno, isErrorCode, LoadError, oneLine } from '../../pipeline/errors/index.ts';
import {
  dataprocRequestId,
  isOurs,
  objectUri,
  probeFiles,
  probeLabels,
  sha256Hex,
} from '../../pipeline/names/index.ts';
import {
  type Bucket,
  createObject,
  type EngineWatch,
  jsonBytes,
  type RemoteJob,
  type RemoteJobs,
  readObject,
} from '../../pipeline/ports/index.ts';
import type { UploadedCode } from './upload-code.ts';

const PROBE_SCRIPT = 'probe_source.py';

const errorSchema = z.object({
  version: z.literal(1),
  class: z.string(),
  code: z.string().nullable().default(null),
  errno: z.int().nullable().default(null),
  sqlState: z.string().nullable().default(null),
  message: z.string(),
});

/** What a job that asks the source needs of the engine. */
export interface ProbeContext {
  settings: {
    bucket: Bucket;
    remoteJobs: RemoteJobs;
    sourceId: string;
    paceSubmission?: ((signal: AbortSignal) => Promise<void>) | undefined;
  };
  code(): Promise<UploadedCode>;
  properties: Record<string, string>;
  waitForEnd(job: RemoteJob): Promise<RemoteJob>;
  watch: EngineWatch;
}

/** A Dataproc job that asks the source, all of it named before it starts. */
export interface ProbeJob<T> {
  /** Dataproc job id. */
  id: string;
  /** Prefix of its objects, with the slash. */
  folder: string;
  purpose: 'doctor' | 'verify';
  /** `probe.json`. */
  probe: object;
  result: z.ZodType<T>;
}

/**
 * The `result.json` of a Dataproc job that runs `probe_source.py`: read where it is there, else the
 * job is found by its name, or submitted, and waited for. Throws the source's own error
 * (error.json), what became of the Dataproc job, or `NAME_TAKEN`.
 */
export async function runProbeJob<T>(job: ProbeJob<T>, context: ProbeContext): Promise<T> {
  const { bucket } = context.settings;
  const files = probeFiles(job.folder);
  const result = () => readObject(bucket, files.result, job.result);
  const before = await result();
  if (before) return before.value;
  await createObject(bucket, files.probe, job.probe);
  const ended = await context.waitForEnd(await findOrSubmit(job, context));
  const found = await result();
  if (found) return found.value;
  const told = await readObject(bucket, files.error, errorSchema);
  if (told) throw probeError(told.value, ended);
  if (ended.state === 'cancelled')
    throw new LoadError('REMOTE_CANCELLED', `Dataproc job ${ended.id} was cancelled.`, contextOf(ended));
  const message = `Dataproc job ${ended.id}: ${oneLine(ended.details) || ended.vendorState}: ${ended.link}`;
  throw new LoadError('REMOTE_FAILED', message, contextOf(ended));
}

async function findOrSubmit<T>(job: ProbeJob<T>, context: ProbeContext): Promise<RemoteJob> {
  const { settings, watch } = context;
  const { bucket, remoteJobs, sourceId } = settings;
  const specSha256 = sha256Hex(jsonBytes(job.probe));
  const found = await remoteJobs.get(job.id);
  if (found) {
    checkIsOurs(found, specSha256);
    await watch.report({
      step: 'state',
      message: `attached to Dataproc job ${job.id}: ${found.vendorState}`,
    });
    return found;
  }
  const code = await context.code();
  const main = code.moduleUris.find((uri) => uri.endsWith(`/${PROBE_SCRIPT}`)) ?? code.mainUri;
  await settings.paceSubmission?.(watch.signal);
  const submitted = await remoteJobs.submit({
    id: job.id,
    requestId: dataprocRequestId(job.id),
    labels: probeLabels({ sourceId, purpose: job.purpose, specSha256 }),
    mainUri: main,
    moduleUris: [code.mainUri, ...code.moduleUris.filter((uri) => uri !== main)],
    jarUris: code.jarUris,
    args: ['--probe', objectUri(bucket.name, probeFiles(job.folder).probe)],
    properties: context.properties,
  });
  checkIsOurs(submitted, specSha256);
  await watch.report({
    step: 'started',
    message: `Dataproc job ${job.id} asks the source: ${submitted.link}`,
  });
  return submitted;
}

function checkIsOurs(job: RemoteJob, specSha256: string): void {
  if (isOurs(job, specSha256)) return;
  throw new LoadError('NAME_TAKEN', `Dataproc job ${job.id} exists and was not made from this probe.`, {
    context: { labels: job.labels },
  });
}

function probeError(
  { class: kind, code, errno, sqlState, message }: z.infer<typeof errorSchema>,
  job: RemoteJob,
): LoadError {
  const options = { context: { ...contextOf(job).context, errno } };
  const text = `From the cluster: ${oneLine(message)}`;
  if (code !== null && isErrorCode(code)) return new LoadError(code, text, options);
  if (errno === null && sqlState === null)
    return new LoadError('REMOTE_FAILED', `${text} (${kind})`, options);
  const known = classifyMysqlErrno({ errno, sqlState });
  return new LoadError(known, `${text}${errno ? ` (errno ${errno})` : ''}`, options);
}

function contextOf(job: RemoteJob): { context: Record<string, unknown> } {
  return { context: { dataprocJob: job.id, link: job.link } };
}
