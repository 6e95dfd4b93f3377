import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WireJob, WireStatus } from './service.ts';

/** A job with what the stand-in needs to know beside it. */
export interface StoredJob {
  job: WireJob;
  requestId: string;
  /** Leader of the process group, once started. */
  pid: number | null;
  /** Bytes of the driver's output that are in the bucket, and in how many chunks. */
  outputBytes: number;
  outputChunks: number;
}

const ENDED = new Set(['DONE', 'ERROR', 'CANCELLED']);

/** Jobs on disk, one folder each, every change written whole before it is answered. */
export class JobStore {
  readonly #dir: string;
  readonly #jobs = new Map<string, StoredJob>();

  constructor(dataDir: string) {
    this.#dir = join(dataDir, 'jobs');
    mkdirSync(this.#dir, { recursive: true });
    for (const id of readdirSync(this.#dir)) {
      const file = join(this.#dir, id, 'job.json');
      if (existsSync(file)) this.#jobs.set(id, JSON.parse(readFileSync(file, 'utf8')));
    }
  }

  get(id: string): StoredJob | undefined {
    return this.#jobs.get(id);
  }

  /** In order of submission. */
  all(): StoredJob[] {
    return [...this.#jobs.values()].sort((a, b) => startOf(a) - startOf(b));
  }

  folder(id: string): string {
    return join(this.#dir, id);
  }

  save(stored: StoredJob): void {
    const id = stored.job.reference.jobId;
    const folder = this.folder(id);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'job.json.new'), JSON.stringify(stored));
    renameSync(join(folder, 'job.json.new'), join(folder, 'job.json'));
    this.#jobs.set(id, stored);
  }

  /** Moves a job to its next state; the one before goes into its history. */
  setState(stored: StoredJob, state: string, more: { details?: string; substate?: string } = {}): void {
    const { job } = stored;
    if (job.status.state === state && job.status.substate === (more.substate ?? 'UNSPECIFIED')) return;
    job.statusHistory.push(job.status);
    job.status = newStatus(state, more);
    job.done = ENDED.has(state);
    this.save(stored);
  }

  remove(id: string): void {
    this.#jobs.delete(id);
    rmSync(this.folder(id), { recursive: true, force: true });
  }
}

export function newStatus(
  state: string,
  { details = '', substate = 'UNSPECIFIED' }: { details?: string; substate?: string } = {},
): WireStatus {
  const now = Date.now();
  return {
    state,
    substate,
    details,
    stateStartTime: { seconds: Math.floor(now / 1_000), nanos: (now % 1_000) * 1e6 },
  };
}

function startOf({ job }: StoredJob): number {
  const { seconds, nanos } = (job.statusHistory[0] ?? job.status).stateStartTime;
  return seconds * 1e9 + nanos;
}
