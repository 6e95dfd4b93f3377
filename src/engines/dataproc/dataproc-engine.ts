import { type ErrorCode, LoadError, reached } from '../../pipeline/errors/index.ts';
import {
  dataprocJobId,
  dataprocRequestId,
  isOurs,
  jobLabels,
  objectNames,
  objectUri,
} from '../../pipeline/names/index.ts';
import type { Capture, SourceAddress } from '../../pipeline/objects/index.ts';
import {
  askAgain,
  type Bucket,
  type CaptureRequest,
  type Engine,
  type EngineAttempt,
  type EngineWatch,
  hasEnded,
  type RemoteJob,
  type RemoteJobState,
  type RemoteJobs,
  type WorkDeadline,
} from '../../pipeline/ports/index.ts';
import type { ReadingNews } from '../reading-news.ts';
import { captureSource } from './capture-source.ts';
import { createJobPoller, type JobPoller } from './job-poller.ts';
import type { ProbeContext } from './probe-job.ts';
import { type ProbeResult, probeSource } from './probe-source.ts';
import { readingProgress } from './reading-progress.ts';
import { remoteFailure } from './remote-failure.ts';
import { type LocalCode, placeCode, readCode, type UploadedCode } from './upload-code.ts';

const POLL_MIN_MS = 2_000;
const POLL_MAX_MS = 30_000;
const POLL_GROWTH = 1.25;

/**
 * What Adutora needs of Spark. Committer 2 leaves parts of failed tasks behind (the image's default
 * with Hadoop 3); a second application attempt or a speculative task would read a table twice.
 */
const JOB_PROPERTIES = {
  'spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version': '1',
  'spark.yarn.maxAppAttempts': '1',
  'spark.speculation': 'false',
};

/** What waiting for the end of a cancelled job may say: it has ended, whatever of. */
const ENDED_ALL_THE_SAME: ReadonlySet<ErrorCode> = new Set([
  'CLUSTER_LOST',
  'CLUSTER_FULL',
  'REMOTE_DEADLINE',
]);
const WAITING: ReadonlySet<RemoteJobState> = new Set(['pending', 'queued']);

export interface DataprocEngineSettings {
  bucket: Bucket;
  remoteJobs: RemoteJobs;
  sourceId: string;
  /** Folder of the PySpark script and its modules. */
  scriptDir: string;
  /** Path of the MySQL driver; may fetch it first. */
  driverJar: () => Promise<string>;
  /** From submission to the end of a Dataproc job. */
  deadlineMs: number;
  /** From submission to the first sign of running. */
  queueLimitMs: number;
  /** Waits until the next job may be submitted; at once unless given. */
  paceSubmission?: ((signal: AbortSignal) => Promise<void>) | undefined;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  now(): Date;
  random(): number;
}

type Waiting = DataprocEngineSettings & { poller: JobPoller; onPoll?(): Promise<void> };

/** The engine, and what else it can do on the cluster. */
export interface DataprocEngine extends Engine {
  uploadCode(): Promise<UploadedCode>;
  /** Reaches the source from the cluster as a load would; reads no table. */
  probeSource(probe: Parameters<typeof probeSource>[0], watch: EngineWatch): Promise<ProbeResult>;
  /** The answers of a capture, asked from the cluster; see `SourceQueries`. */
  captureSource(request: CaptureRequest & { address: SourceAddress }): Promise<Capture>;
}

/** The engine that reads a table with PySpark on a Dataproc cluster. */
export function createDataprocEngine(given: DataprocEngineSettings): DataprocEngine {
  const settings = { ...given, poller: createJobPoller(given) };
  let reading: Promise<LocalCode> | null = null;
  const read = () => {
    reading ??= settings
      .driverJar()
      .then((driverJar) => readCode({ ...settings, driverJar }))
      .catch((error) => {
        reading = null;
        throw error;
      });
    return reading;
  };
  const upload = async () => placeCode(await read(), settings.bucket);
  return {
    name: 'dataproc',
    uploadCode: upload,
    probeSource: (probe, watch) => probeSource(probe, probeContext(settings, upload, watch)),
    captureSource: (request) => {
      const watch: EngineWatch = {
        signal: request.signal ?? new AbortController().signal,
        report: async ({ message }) => request.report?.(message),
      };
      const { now, random } = settings;
      const randomHex = () =>
        Math.floor(random() * 2 ** 32)
          .toString(16)
          .padStart(8, '0');
      return captureSource(request, { ...probeContext(settings, upload, watch), now, randomHex });
    },
    prepare: async () => {
      const { scriptSha256, driverJarSha256 } = await upload();
      return { script: scriptSha256, driverJar: driverJarSha256 };
    },
    probe: async (attempt) => {
      const job = await settings.remoteJobs.get(dataprocJobId(settings.sourceId, attempt.spec.attemptId));
      if (!job) return { state: 'nothing' };
      checkIsOurs(job, attempt);
      return { state: hasEnded(job) ? 'ended' : 'running', remoteJobId: job.id };
    },
    run: async (attempt, watch) => {
      const job = await findOrSubmit(attempt, { settings, upload, watch });
      const ended = await waitForEnd(job, { ...settings, onPoll: reader(attempt, settings, watch) }, watch);
      if (ended.state !== 'done') throw await remoteFailure(ended, attempt.spec, settings.bucket);
    },
    cancel: async (attempt, watch) => {
      const id = dataprocJobId(settings.sourceId, attempt.spec.attemptId);
      const job = await askAgain(
        () => settings.remoteJobs.get(id),
        (ms) => settings.sleep(ms, watch.signal),
      );
      if (!job || hasEnded(job)) return;
      checkIsOurs(job, attempt);
      await watch.report({ step: 'cancelling', message: `cancelling Dataproc job ${id}` });
      await settings.remoteJobs.cancel(id);
      await waitForEnd(job, settings, watch).catch((error) => {
        if (!(error instanceof LoadError) || !ENDED_ALL_THE_SAME.has(error.code)) throw error;
      });
    },
  };
}

function probeContext(
  settings: Waiting,
  code: () => Promise<UploadedCode>,
  watch: EngineWatch,
): ProbeContext {
  return {
    settings,
    code,
    properties: JOB_PROPERTIES,
    waitForEnd: (job) => waitForEnd(job, settings, watch),
    watch,
  };
}

/** GetJob first, submit on nothing; whoever has the name must be ours. */
async function findOrSubmit(
  attempt: EngineAttempt,
  {
    settings,
    upload,
    watch,
  }: { settings: DataprocEngineSettings; upload: () => Promise<UploadedCode>; watch: EngineWatch },
): Promise<RemoteJob> {
  const { spec, specSha256 } = attempt;
  const id = dataprocJobId(spec.sourceId, spec.attemptId);
  const found = await settings.remoteJobs.get(id);
  if (found) {
    checkIsOurs(found, attempt);
    await watch.report({ step: 'state', message: `attached to Dataproc job ${id}: ${found.vendorState}` });
    return found;
  }
  const code = await upload();
  reached('F7');
  await settings.paceSubmission?.(watch.signal);
  const job = await settings.remoteJobs.submit({
    id,
    requestId: dataprocRequestId(id),
    labels: jobLabels({ ...spec, specSha256 }),
    mainUri: code.mainUri,
    moduleUris: code.moduleUris,
    jarUris: code.jarUris,
    args: [
      '--spec',
      objectUri(spec.stage.bucket, objectNames(spec.sourceId).spec(spec.attemptId)),
      '--spec-sha256',
      specSha256,
    ],
    properties: JOB_PROPERTIES,
  });
  reached('F8');
  checkIsOurs(job, attempt);
  await watch.report({ step: 'started', message: `Dataproc job ${id} submitted: ${job.link}` });
  return job;
}

function checkIsOurs(job: RemoteJob, { specSha256 }: EngineAttempt): void {
  if (isOurs(job, specSha256)) return;
  throw new LoadError('NAME_TAKEN', `Dataproc job ${job.id} exists and was not made from this spec.`, {
    context: { labels: job.labels },
  });
}

/**
 * Tells what the attempt's reader says of itself: in passing, but for the moment from which nothing
 * moves any more.
 */
function reader(
  { spec }: EngineAttempt,
  { bucket }: DataprocEngineSettings,
  watch: EngineWatch,
): () => Promise<void> {
  let last: ReadingNews | null = null;
  return async () => {
    const news = await readingProgress(spec, bucket);
    if (!news || news.message === last?.message) return;
    const isPassing = !news.isQuiet || (last?.isQuiet ?? false);
    last = news;
    await watch.report({ step: 'reading', message: news.message, isPassing });
  };
}

/**
 * Polls until the job has ended; past a limit it is cancelled, and its outcome is taken as it is.
 */
async function waitForEnd(job: RemoteJob, settings: Waiting, watch: EngineWatch): Promise<RemoteJob> {
  const waiting = settings.poller.begin();
  try {
    return await pollToEnd(job, settings, watch);
  } finally {
    waiting.stop();
  }
}

async function pollToEnd(job: RemoteJob, settings: Waiting, watch: EngineWatch): Promise<RemoteJob> {
  let current = job;
  let overdue: LoadError | null = null;
  for (let pollMs = POLL_MIN_MS; !hasEnded(current); pollMs = Math.min(pollMs * POLL_GROWTH, POLL_MAX_MS)) {
    const limit: LoadError | null = overdue ? null : passedLimit(current, settings, watch.deadline ?? null);
    if (limit) {
      overdue = limit;
      await watch.report({ step: 'cancelling', message: `${limit.message} Cancelling it.` });
      await settings.remoteJobs.cancel(job.id);
    }
    await settings.sleep(pollMs * (0.9 + settings.random() * 0.2), watch.signal);
    const next = await askAgain(
      () => settings.poller.get(job.id),
      (ms) => settings.sleep(ms, watch.signal),
    );
    if (!next)
      throw new LoadError('CLUSTER_LOST', `Dataproc job ${job.id} is gone: deleted, or its cluster was.`, {
        context: { link: job.link },
      });
    if (next.vendorState !== current.vendorState) {
      await watch.report({ step: 'state', message: `Dataproc job ${job.id}: ${next.vendorState}` });
    }
    current = next;
    if (current.state === 'running') await settings.onPoll?.();
    reached('F9');
  }
  if (overdue && current.state === 'cancelled') throw overdue;
  return current;
}

/**
 * The limit that a job has passed: of whoever waits for it, of waiting for a place on the cluster,
 * or of everything. The last two count from its submission.
 */
function passedLimit(
  job: RemoteJob,
  settings: DataprocEngineSettings,
  deadline: WorkDeadline | null,
): LoadError | null {
  const { queueLimitMs, deadlineMs } = settings;
  const now = settings.now().getTime();
  const ageMs = now - Date.parse(job.submittedAt ?? settings.now().toISOString());
  const context = { link: job.link };
  if (deadline && now >= deadline.at.getTime()) return deadline.error;
  if (WAITING.has(job.state) && ageMs >= queueLimitMs) {
    const message = `Dataproc job ${job.id} has waited ${queueLimitMs / 1_000} s for a place on the cluster (${job.vendorState}).`;
    return new LoadError('CLUSTER_FULL', message, { context });
  }
  if (ageMs < deadlineMs) return null;
  const message = `Dataproc job ${job.id} has run longer than ${deadlineMs / 1_000} s.`;
  return new LoadError('REMOTE_DEADLINE', message, { context });
}
