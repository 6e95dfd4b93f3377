import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { createDirectEngine, type DirectEngine } from '../engines/direct/direct-engine.ts';
import type { Bucket } from '../pipeline/ports/index.ts';
import { type ReaderSettings, readerData } from './reader-thread.ts';

/** The direct engine, with a thread a core unless `threads` says so. */
export function openDirectEngine(
  input: ReaderSettings & { bucket: Bucket; maxReadMs: number; threads?: number; now(): Date },
): DirectEngine {
  const { gcs, secrets, threads = availableParallelism(), ...settings } = input;
  return createDirectEngine({
    ...settings,
    threads,
    startThread: () =>
      new Worker(new URL('./reader-thread.ts', import.meta.url), {
        workerData: readerData({ gcs, secrets }),
      }),
  });
}
