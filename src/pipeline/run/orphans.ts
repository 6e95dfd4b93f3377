import { runAndLoadOf } from '../names/index.ts';

/** What is known of runs and loads at one look. */
export interface KnownWork {
  /** Runs that have an object in the bucket. */
  runs: ReadonlySet<string>;
  /** Those of them that have a summary. */
  endedRuns: ReadonlySet<string>;
  /** Loads of runs without one that have ended. */
  endedLoads: ReadonlySet<string>;
  /** Loads whose jobs have not ended, of any run. */
  openLoads: ReadonlySet<string>;
}

/**
 * Why nobody waits for what a Dataproc job of this installation does; null where somebody does, or
 * may. `name` is its id without SOURCE_ID.
 */
export function whyOrphan(name: string, known: KnownWork): string | null {
  const of = runAndLoadOf(name);
  // A person's: doctor, a capture of a command.
  if (!of) return null;
  const { runId, loadId } = of;
  if (loadId !== null && known.openLoads.has(loadId)) return null;
  if (!known.runs.has(runId)) return 'its run is gone';
  if (known.endedRuns.has(runId)) return 'its run has ended';
  return loadId !== null && known.endedLoads.has(loadId) ? 'its load has ended' : null;
}
