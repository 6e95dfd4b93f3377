import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobStore, StoredJob } from './job-store.ts';
import { download, upload } from './objects.ts';
import { localPath, type SparkSettings, sparkCommand, sparkEnv, uris } from './spark-command.ts';

const TICK_MS = 200;
/**
 * Runs the command with its output in a file, and leaves its exit code in another: both outlive the
 * stand-in.
 */
const WRAPPER = '"$@" > output 2>&1; code=$?; echo $code > exit.new; mv exit.new exit';

export interface RunnerSettings extends SparkSettings {
  maxConcurrentJobs: number;
}

/**
 * Moves jobs through their states: starts what has a place, notices what has ended, copies driver
 * output into the bucket.
 */
export class JobRunner {
  readonly #store: JobStore;
  readonly #settings: RunnerSettings;
  readonly #timer: NodeJS.Timeout;
  #ticking: Promise<void> = Promise.resolve();
  #isTicking = false;

  constructor(store: JobStore, settings: RunnerSettings) {
    this.#store = store;
    this.#settings = settings;
    this.#timer = setInterval(() => {
      if (this.#isTicking) return;
      this.#isTicking = true;
      this.#ticking = this.#tick().finally(() => {
        this.#isTicking = false;
      });
    }, TICK_MS);
  }

  /** Stops looking; the jobs' processes go on and are found again by the next start. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#ticking;
  }

  /** Cancelling is asynchronous: the next ticks do it. */
  cancel(stored: StoredJob): void {
    this.#store.setState(stored, 'CANCEL_PENDING');
  }

  async #tick(): Promise<void> {
    const open = this.#store.all().filter(({ job }) => !job.done);
    for (const stored of open) {
      try {
        await this.#advance(stored);
      } catch (error) {
        this.#store.setState(stored, 'ERROR', {
          details: `Job failed to start: ${(error as Error).message}`,
        });
      }
    }
  }

  async #advance(stored: StoredJob): Promise<void> {
    await this.#copyOutput(stored);
    // Read now, not before: a cancel may have come while output was copied.
    const { state } = stored.job.status;
    if (state === 'PENDING') return this.#startIfThereIsAPlace(stored);
    if (state === 'SETUP_DONE') return this.#store.setState(stored, 'RUNNING');
    if (state === 'CANCEL_PENDING') return this.#kill(stored);
    const exitCode = this.#exitCode(stored);
    if (exitCode === null) return;
    await this.#copyOutput(stored);
    this.#end(stored, exitCode);
  }

  async #startIfThereIsAPlace(stored: StoredJob): Promise<void> {
    const running = this.#store.all().filter(({ job }) => !job.done && job.status.state !== 'PENDING').length;
    if (running >= this.#settings.maxConcurrentJobs)
      return this.#store.setState(stored, 'PENDING', { substate: 'QUEUED' });
    const folder = join(this.#store.folder(stored.job.reference.jobId), 'work');
    mkdirSync(folder, { recursive: true });
    await Promise.all(
      uris(stored.job).map((uri) => download(this.#settings.gcs, uri, localPath(folder, uri))),
    );
    // Cancelled while its files came.
    if (stored.job.status.state !== 'PENDING') return;
    const command = sparkCommand(stored.job, folder, this.#settings);
    const env = { ...process.env, ...sparkEnv(this.#settings) };
    const child = spawn('/bin/sh', ['-c', WRAPPER, 'job', ...command], {
      cwd: folder,
      detached: true,
      stdio: 'ignore',
      env,
    });
    stored.pid = child.pid ?? null;
    child.unref();
    this.#store.setState(stored, 'SETUP_DONE');
  }

  #kill(stored: StoredJob): void {
    signalGroup(stored.pid, 'SIGKILL');
    this.#store.setState(stored, 'CANCEL_STARTED');
  }

  /** The exit code, 'lost' where the process is gone without one, null while it runs. */
  #exitCode(stored: StoredJob): number | 'lost' | null {
    const file = join(this.#store.folder(stored.job.reference.jobId), 'work', 'exit');
    if (existsSync(file)) return Number(readFileSync(file, 'utf8'));
    if (signalGroup(stored.pid, 0)) return null;
    // The file may have come between the two looks.
    return existsSync(file) ? Number(readFileSync(file, 'utf8')) : 'lost';
  }

  #end(stored: StoredJob, exitCode: number | 'lost'): void {
    if (exitCode === 0) this.#store.setState(stored, 'DONE');
    else if (stored.job.status.state === 'CANCEL_STARTED') this.#store.setState(stored, 'CANCELLED');
    else this.#store.setState(stored, 'ERROR', { details: failureDetails(stored, exitCode) });
  }

  /** Dataproc writes driver output as numbered chunks beside each other. */
  async #copyOutput(stored: StoredJob): Promise<void> {
    const file = join(this.#store.folder(stored.job.reference.jobId), 'work', 'output');
    if (!existsSync(file)) return;
    const bytes = await readFrom(file, stored.outputBytes);
    if (bytes.length === 0) return;
    const chunk = String(stored.outputChunks).padStart(9, '0');
    await upload(this.#settings.gcs, `${stored.job.driverOutputResourceUri}.${chunk}`, bytes);
    stored.outputBytes += bytes.length;
    stored.outputChunks += 1;
    this.#store.save(stored);
  }
}

async function readFrom(file: string, position: number): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const bytes = Buffer.alloc(Math.max(0, size - position));
    if (bytes.length > 0) await handle.read(bytes, 0, bytes.length, position);
    return bytes;
  } finally {
    await handle.close();
  }
}

function failureDetails({ job }: StoredJob, exitCode: number | 'lost'): string {
  const why = exitCode === 'lost' ? 'the driver process is gone' : `exit code ${exitCode}`;
  return `Job failed with message [${why}]. Additional details can be found at:\n${job.driverOutputResourceUri}`;
}

/**
 * Signals a whole process group: SIGTERM to spark-submit alone leaves the Python driver alive
 * (measured). False if it is gone.
 */
function signalGroup(pid: number | null, signal: NodeJS.Signals | 0): boolean {
  if (pid === null) return false;
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}
