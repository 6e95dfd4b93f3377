import { type ErrorCode, LoadError } from '../errors/index.ts';
import { checkUnchanged, forgetCancelled, gatherFacts, nothingToAccept, readGuard } from '../load/index.ts';
import { objectNames, type TableRef, tableKey, tableLabel } from '../names/index.ts';
import {
  type GuardObject,
  type LoadObject,
  loadObjectSchema,
  type TablesObject,
  tablesObjectSchema,
} from '../objects/index.ts';
import { type Bucket, createObject, type Destination, readObject } from '../ports/index.ts';

const NOT_IN_RUN: ReadonlySet<ErrorCode> = new Set(['UNKNOWN_TABLE', 'NOTHING_TO_ACCEPT']);

/** Which table of a run a person means. Throws `UNKNOWN_TABLE` or `AMBIGUOUS_TABLE`. */
export type WhichTable = (tables: TablesObject['tables']) => TableRef;

/**
 * The load of a table in a run; null where nothing is known of the run. Throws what `which` throws,
 * and `NOTHING_TO_ACCEPT` where the run has not loaded the table.
 */
export async function loadOfRun(
  { sourceId, runId, which }: { sourceId: string; runId: string; which: WhichTable },
  bucket: Bucket,
): Promise<LoadObject | null> {
  const names = objectNames(sourceId);
  const decided = await readObject(bucket, names.tables(runId), tablesObjectSchema);
  if (!decided) return null;
  const { tables } = decided.value;
  const table = which(tables);
  const loadId = tables.find((one) => tableKey(one) === tableKey(table))?.loadId;
  const load = loadId ? await readObject(bucket, names.load(runId, loadId), loadObjectSchema) : null;
  if (load) return load.value;
  throw nothingToAccept(table, `${tableLabel(table)} was not loaded in run ${runId}.`);
}

/** The load of a table in the first of these runs that has loaded it; null where none has. */
export async function newestLoadOf(
  { sourceId, runs, which }: { sourceId: string; runs: readonly string[]; which: WhichTable },
  bucket: Bucket,
): Promise<LoadObject | null> {
  for (const runId of runs) {
    const load = await loadOfRun({ sourceId, runId, which }, bucket).catch((thrown: unknown) => {
      if (thrown instanceof LoadError && NOT_IN_RUN.has(thrown.code)) return null;
      throw thrown;
    });
    if (load) return load;
  }
  return null;
}

/** What accepting a stage needs. */
export interface AcceptPorts {
  bucket: Bucket;
  destination: Destination;
  now(): Date;
  /**
   * Has a load that has ended go on from its last attempt. Throws `NOTHING_TO_ACCEPT` where it has
   * loaded.
   */
  goOn(load: LoadObject): Promise<void>;
}

/**
 * Has the very stage published that the guard has stopped: a person says that the shrinking is
 * right. Returns what the guard wrote down. Throws `NOTHING_TO_ACCEPT` where it stopped nothing,
 * the destination has changed since, or the stage is gone.
 */
export async function acceptStage(load: LoadObject, ports: AcceptPorts): Promise<GuardObject> {
  const { bucket, now } = ports;
  const guard = await stoppedStage(load, ports);
  const { attemptId } = guard;
  const accepted = { version: 1, attemptId, acceptedAt: now().toISOString() };
  await createObject(bucket, objectNames(load.sourceId).accepted(attemptId), accepted);
  await forgetCancelled(load, bucket);
  await ports.goOn(load);
  return guard;
}

async function stoppedStage(load: LoadObject, ports: AcceptPorts): Promise<GuardObject> {
  const { attempt, isStageWhole } = await gatherFacts(load, ports);
  const guard = attempt && (await readGuard(load, attempt.spec.attemptId, ports));
  const label = tableLabel(load.table);
  if (!guard)
    throw nothingToAccept(load.table, `The guard has stopped no stage of ${label} in run ${load.runId}.`);
  const existing = await ports.destination.describe(load.destination);
  await checkUnchanged({ load, guard, existing }, ports);
  if (isStageWhole) return guard;
  throw nothingToAccept(
    load.table,
    `The stage of ${label} is not whole any more (STAGE_RETENTION, or removed by hand).`,
  );
}
