import type { Worker } from 'node:worker_threads';
import { type ErrorCode, LoadError } from '../../pipeline/errors/index.ts';
import type { AttemptError, Spec } from '../../pipeline/objects/index.ts';
import type { ReadTable } from './read-table.ts';
import type { ReadingTold } from './reading.ts';

/** How long a thread may take to end its work in order, before it is ended itself. */
const STOP_MS = 4_000;

/** What a thread is told. It holds no secret, only where they are. */
export type ReaderOrder = { do: 'read'; spec: Spec; maxReadMs: number } | { do: 'stop' };

/** Why a thread has read nothing, as an `error.json` has it. */
export type ReaderFailure = Pick<AttemptError, 'errno' | 'sqlState' | 'message' | 'locks'> & {
  code: ErrorCode;
};

/** What a thread tells. */
export type ReaderNews =
  | { is: 'reading'; told: ReadingTold }
  | { is: 'read'; table: ReadTable }
  | { is: 'failed'; failure: ReaderFailure };

export interface ReaderJob {
  spec: Spec;
  maxReadMs: number;
  /** Ends the job in order: its own statements and objects go. */
  signal: AbortSignal;
  onReading(told: ReadingTold): void;
  /** There is no free thread. */
  onWaiting(): void;
}

/** Threads of this process that read one table each, made when they are needed, and kept. */
export interface ReaderThreads {
  /**
   * Waits for a free thread and has it read. Gives what it says at its end; throws `READER_LOST`
   * where it has died, and the reason of `signal` where that aborts before it has begun.
   */
  read(job: ReaderJob): Promise<Exclude<ReaderNews, { is: 'reading' }>>;
  close(): Promise<void>;
}

export function createReaderThreads({ size, start }: { size: number; start(): Worker }): ReaderThreads {
  const all = new Set<Worker>();
  const idle: Worker[] = [];
  const waiting: (() => void)[] = [];
  const take = async ({ signal, onWaiting }: ReaderJob): Promise<Worker> => {
    for (;;) {
      signal.throwIfAborted();
      const free = idle.pop();
      if (free) return free;
      if (all.size < size) return begin();
      onWaiting();
      await turn(waiting, signal);
    }
  };
  const begin = () => {
    const thread = start();
    all.add(thread);
    thread.once('exit', () => {
      all.delete(thread);
      const at = idle.indexOf(thread);
      if (at >= 0) idle.splice(at, 1);
      waiting.shift()?.();
    });
    // Who works for it hears of it; an idle one is made anew when it is needed.
    thread.on('error', () => undefined);
    return thread;
  };
  return {
    read: async (job) => {
      const thread = await take(job);
      thread.ref();
      try {
        return await work(thread, job);
      } finally {
        thread.unref();
        if (all.has(thread)) idle.push(thread);
        waiting.shift()?.();
      }
    },
    close: async () => void (await Promise.all([...all].map((thread) => thread.terminate()))),
  };
}

/** Resolves when a thread may have come free. */
async function turn(waiting: (() => void)[], signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  waiting.push(resolve);
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  const at = waiting.indexOf(resolve);
  if (at >= 0) waiting.splice(at, 1);
}

async function work(thread: Worker, job: ReaderJob): Promise<Exclude<ReaderNews, { is: 'reading' }>> {
  const { promise, resolve, reject } = Promise.withResolvers<Exclude<ReaderNews, { is: 'reading' }>>();
  let why = '';
  const onMessage = (news: ReaderNews) => {
    if (news.is === 'reading') job.onReading(news.told);
    else resolve(news);
  };
  const onError = (error: Error & { code?: string }) => {
    why = `: ${error.code ?? error.message}`;
  };
  const onExit = () =>
    reject(new LoadError('READER_LOST', `The thread that read the table has ended${why}.`));
  const tell = (order: ReaderOrder) => thread.postMessage(order);
  let grace: NodeJS.Timeout | undefined;
  const stop = () => {
    tell({ do: 'stop' });
    grace = setTimeout(() => void thread.terminate(), STOP_MS);
  };
  thread.on('message', onMessage).on('error', onError).on('exit', onExit);
  job.signal.addEventListener('abort', stop);
  try {
    tell({ do: 'read', spec: job.spec, maxReadMs: job.maxReadMs });
    if (job.signal.aborted) stop();
    return await promise;
  } finally {
    clearTimeout(grace);
    job.signal.removeEventListener('abort', stop);
    thread.off('message', onMessage).off('error', onError).off('exit', onExit);
  }
}
