import type { LoadObject, PublishObject } from '../../objects/index.ts';
import type { PublishJob } from '../../ports/index.ts';
import { rememberDropped } from '../foreign-columns.ts';
import type { LoadDeps, WholeStage } from '../load-deps.ts';
import { readPublish } from '../load-facts.ts';
import { confirmLoaded } from './confirm.ts';
import { applyTableOptions } from './table-options.ts';

/** Without the object (an older version's publish) there is no telling: nothing is removed then. */
const UNKNOWN_BEFORE = { rows: 0, lastModified: '' };

/**
 * Confirms a publish that BigQuery says has succeeded: its counts agree with the stage, a rebuilt
 * table takes the old one's place, and the table's options are set. Every step may be repeated.
 * Throws `LOADED_DIFFERS` where the counts do not agree (the table is as it was), and as `claim`
 * does.
 */
export async function confirmPublish(
  input: { load: LoadObject; stage: WholeStage; job: PublishJob; isKeyProven: boolean },
  deps: LoadDeps,
  signal: AbortSignal,
): Promise<{
  /** What the publish had planned; null where that is not known. */
  planned: PublishObject | null;
  /** `lastModifiedTime` of the destination after our last change; null where another's is newer. */
  destinationModified: string | null;
}> {
  const { load, stage, job, isKeyProven } = input;
  const { spec, manifest } = stage;
  const planned = await readPublish(load, spec.attemptId, deps);
  const before = planned ? planned.before : UNKNOWN_BEFORE;
  const loaded = { load, spec, job, rowsStaged: manifest.rows, before };
  const { facts, isUntouched } = await confirmLoaded(loaded, deps, signal);
  // Options are those of the rows: what another load, or a person, has put there since has its own.
  if (!isUntouched) return { planned, destinationModified: null };
  const endedAt = job.endedAt === null ? deps.now() : new Date(job.endedAt);
  const changedAt = await applyTableOptions({ load, facts, isKeyProven, endedAt }, deps);
  if (planned?.schemaChange?.removed.length) await rememberDropped(load, deps.bucket);
  return { planned, destinationModified: changedAt ?? facts?.lastModified ?? null };
}
