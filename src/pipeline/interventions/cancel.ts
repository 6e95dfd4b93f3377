import { LoadError } from '../errors/index.ts';
import { objectNames, type TableRef, tableKey, tableLabel } from '../names/index.ts';
import type { Bucket } from '../ports/index.ts';

/** A load that has not ended. */
export interface OpenLoad {
  runId: string;
  loadId: string;
  table: TableRef;
}

/** What cancelling needs of the queues, and of where wishes to cancel are kept. */
export interface CancelPorts {
  bucket: Bucket;
  /** Keeps the wish that a run, or a load, ends: whoever works on it looks there. */
  request(name: string): Promise<void>;
  /** Whether the queues know a run. */
  knowsRun(runId: string): Promise<boolean>;
  /**
   * Called for a run that they do not know. Throws `UNKNOWN_RUN` where the bucket does not either.
   */
  checkLost(runId: string): Promise<void>;
  /** Has a run that waits to be tried again taken up at once. */
  hurryRun(runId: string): Promise<void>;
  hurryLoad(loadId: string): Promise<void>;
}

/** A run or a load whose end was asked for. */
export interface Cancelled {
  /** RUN or LOAD. */
  name: string;
  /** For people: `run RUN`, or the table. */
  label: string;
}

/** Asks for the end of every open load of these tables. */
export async function cancelTables(
  { tables, open }: { tables: readonly TableRef[]; open: readonly OpenLoad[] },
  ports: CancelPorts,
): Promise<Cancelled[]> {
  const wanted = new Set(tables.map(tableKey));
  const loads = open.filter(({ table }) => wanted.has(tableKey(table)));
  return cancelLoads(loads, ports);
}

/**
 * Asks for the end of a run and of its open loads. One that has not fanned out is not waited for.
 * Throws `UNKNOWN_RUN` where it has ended, or nobody knows it.
 */
export async function cancelRun(
  { sourceId, runId, open }: { sourceId: string; runId: string; open: readonly OpenLoad[] },
  ports: CancelPorts,
): Promise<Cancelled[]> {
  const { bucket } = ports;
  const names = objectNames(sourceId);
  // A run ends with its summary, whatever has become of its job.
  if (await bucket.exists(names.summary(runId)))
    throw new LoadError('UNKNOWN_RUN', `Run ${runId} has ended.`);
  const isKnown = await ports.knowsRun(runId);
  if (!isKnown) await ports.checkLost(runId);
  const loads = open.filter((load) => load.runId === runId);
  const hasFannedOut = isKnown && loads.length > 0 && (await bucket.exists(names.tables(runId)));
  await ports.request(runId);
  if (!hasFannedOut) await ports.hurryRun(runId);
  return [{ name: runId, label: `run ${runId}` }, ...(await cancelLoads(loads, ports))];
}

async function cancelLoads(loads: readonly OpenLoad[], ports: CancelPorts): Promise<Cancelled[]> {
  for (const { loadId } of loads) {
    await ports.request(loadId);
    // A load that waits for its next attempt need not wait any more.
    await ports.hurryLoad(loadId);
  }
  return loads.map(({ loadId, table }) => ({ name: loadId, label: tableLabel(table) }));
}
