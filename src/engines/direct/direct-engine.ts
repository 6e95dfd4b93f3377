import type { Worker } from 'node:worker_threads';
import { LoadError, reached, toLoadError } from '../../pipeline/errors/index.ts';
import { objectNames, parseObjectName, VERSION } from '../../pipeline/names/index.ts';
import {
  type AttemptError,
  attemptErrorSchema,
  type Manifest,
  type Spec,
} from '../../pipeline/objects/index.ts';
import {
  type Bucket,
  createObject,
  type Engine,
  type EngineAttempt,
  type EngineWatch,
  readObject,
} from '../../pipeline/ports/index.ts';
import { attemptFailure } from '../attempt-failure.ts';
import type { ReadTable } from './read-table.ts';
import { createReaderThreads, type ReaderFailure, type ReaderThreads } from './reader-threads.ts';
import type { ReadingTold } from './reading.ts';
import { readingText } from './reading-text.ts';

const REPORT_MS = 5_000;

export interface DirectEngineSettings {
  bucket: Bucket;
  /** Makes a thread that listens to `ReaderOrder`s (composition/reader-thread.ts). */
  startThread(): Worker;
  /** Tables that this process reads at a time; others wait. */
  threads: number;
  /** How long one transaction may hold its snapshot. */
  maxReadMs: number;
  now(): Date;
}

export interface DirectEngine extends Engine {
  close(): Promise<void>;
}

/** An attempt that this process reads. */
interface Reader {
  stop: AbortController;
  ended: Promise<unknown>;
}

type Context = Omit<DirectEngineSettings, 'threads' | 'startThread'> & {
  threads: ReaderThreads;
  readers: Map<string, Reader>;
  /** Failed attempts whose error.json could not be written. */
  ended: Set<string>;
};

/**
 * The engine that reads a table in a thread of this process. Nothing of an attempt outlives the
 * process: one that is neither read here nor has ended was never begun, or its reader is lost.
 */
export function createDirectEngine(settings: DirectEngineSettings): DirectEngine {
  const threads = createReaderThreads({ size: settings.threads, start: settings.startThread });
  const context: Context = { ...settings, threads, readers: new Map(), ended: new Set() };
  const { bucket, readers, ended } = context;
  return {
    name: 'direct',
    prepare: async () => null,
    probe: async ({ spec }) => {
      if (readers.has(spec.attemptId)) return { state: 'running', remoteJobId: null };
      const names = objectNames(spec.sourceId);
      const isOver =
        ended.has(spec.attemptId) ||
        (await bucket.exists(names.manifest(spec.attemptId))) ||
        (await bucket.exists(names.attemptError(spec.attemptId)));
      return isOver ? { state: 'ended', remoteJobId: null } : { state: 'nothing' };
    },
    run: async (attempt, watch) => {
      const { spec } = attempt;
      const names = objectNames(spec.sourceId);
      // Handed back, and taken up again in this process: one reader is enough.
      await readers.get(spec.attemptId)?.ended;
      if (await bucket.exists(names.manifest(spec.attemptId))) return;
      const told = await readObject(bucket, names.attemptError(spec.attemptId), attemptErrorSchema);
      if (told) throw attemptFailure(told.value, spec, {});
      reached('F7');
      const stop = new AbortController();
      const reading = read(attempt, { watch, stop }, context);
      readers.set(spec.attemptId, { stop, ended: reading.catch(() => undefined) });
      await reading.finally(() => readers.delete(spec.attemptId));
    },
    cancel: async ({ spec }, watch) => {
      const reader = readers.get(spec.attemptId);
      if (!reader) return;
      await watch.report({ step: 'cancelling', message: `ending the reading of ${spec.attemptId}` });
      reader.stop.abort(new LoadError('CANCELLED', 'Its reading was ended.'));
      await reader.ended;
    },
    close: () => threads.close(),
  };
}

interface Following {
  watch: EngineWatch;
  /** Aborted with what the attempt fails of. */
  stop: AbortController;
}

async function read(attempt: EngineAttempt, { watch, stop }: Following, context: Context): Promise<void> {
  const { spec } = attempt;
  const { bucket, now, maxReadMs } = context;
  const startedAt = now().toISOString();
  const { deadline } = watch;
  const handBack = () => stop.abort(watch.signal.reason);
  const timer =
    deadline &&
    setTimeout(() => stop.abort(deadline.error), Math.max(0, deadline.at.getTime() - now().getTime()));
  watch.signal.addEventListener('abort', handBack);
  let told: AttemptError | null = null;
  try {
    watch.signal.throwIfAborted();
    await removeLeftovers(spec, bucket);
    reached('F8');
    const news = await context.threads.read({
      spec,
      maxReadMs,
      signal: stop.signal,
      ...reporter(spec, watch),
    });
    if (news.is === 'failed') {
      told = toTold(attempt, news.failure, now());
      throw attemptFailure(told, spec, {});
    }
    await createObject(
      bucket,
      objectNames(spec.sourceId).manifest(spec.attemptId),
      manifestOf(attempt, {
        table: news.table,
        startedAt,
        endedAt: now().toISOString(),
      }),
    );
  } catch (thrown) {
    watch.signal.throwIfAborted();
    const error = toLoadError(stop.signal.aborted ? stop.signal.reason : thrown);
    // The reader's own words say more than an error can hold, but for one that was told to stop.
    if (told === null || stop.signal.aborted) told = toTold(attempt, failureOf(error), now());
    await writeFailure(told, spec, context);
    throw error;
  } finally {
    clearTimeout(timer ?? undefined);
    watch.signal.removeEventListener('abort', handBack);
  }
}

/** What a reader tells, every few seconds: in passing, but for the moment when nothing moves. */
function reporter(spec: Spec, watch: EngineWatch) {
  let reportedAt = 0;
  let wasQuiet = false;
  const report = (message: string, isPassing: boolean) =>
    void watch.report({ step: 'reading', message, isPassing }).catch(() => undefined);
  return {
    onWaiting: () => report('waits for a thread: this process reads other tables', true),
    onReading: (told: ReadingTold) => {
      reached('F9');
      const at = Date.parse(told.progress.at);
      const { message, isQuiet } = readingText(told, spec);
      if (at - reportedAt < REPORT_MS && isQuiet === wasQuiet) return;
      reportedAt = at;
      report(message, !isQuiet || wasQuiet);
      wasQuiet = isQuiet;
    },
  };
}

/** What earlier attempts of the load have left that have no manifest: nobody will look for it. */
async function removeLeftovers(
  { sourceId, loadId, attemptId, attemptNumber }: Spec,
  bucket: Bucket,
): Promise<void> {
  if (attemptNumber === 1) return;
  const found = (await bucket.list(objectNames(sourceId).attempts(loadId))).flatMap(({ name }) => {
    const of = parseObjectName(sourceId, name);
    return of?.is === 'dataObject' || of?.is === 'manifest' ? [{ name, of }] : [];
  });
  const whole = new Set(found.filter(({ of }) => of.is === 'manifest').map(({ of }) => of.attemptId));
  const left = found.filter(({ of }) => of.attemptId !== attemptId && !whole.has(of.attemptId));
  await bucket.remove(left.map(({ name }) => name));
}

function manifestOf(
  { spec, specSha256 }: EngineAttempt,
  { table, startedAt, endedAt }: { table: ReadTable; startedAt: string; endedAt: string },
): Manifest {
  const { attemptId } = spec;
  return { version: 1, attemptId, specSha256, ...table, startedAt, endedAt, engine: { direct: VERSION } };
}

function toTold({ spec, specSha256 }: EngineAttempt, failure: ReaderFailure, now: Date): AttemptError {
  const { attemptId } = spec;
  return { version: 1, attemptId, specSha256, class: 'LoadError', ...failure, endedAt: now.toISOString() };
}

function failureOf({ code, message }: LoadError): ReaderFailure {
  return { code, message, errno: null, sqlState: null, locks: null };
}

async function writeFailure(
  told: AttemptError,
  { sourceId, attemptId }: Spec,
  context: Context,
): Promise<void> {
  try {
    await createObject(context.bucket, objectNames(sourceId).attemptError(attemptId), told);
  } catch {
    context.ended.add(attemptId);
  }
}
