import { LoadError, toLoadError } from '../errors/index.ts';
import { loadRow } from '../history/index.ts';
import { forgetMade, restoreUnderFence, Superseded } from '../load/index.ts';
import { destinationOf } from '../mapping/index.ts';
import { asArgument, manualRunName, restoreJobId, type TableRef, tableLabel } from '../names/index.ts';
import type { DestinationRef, HistoryRow } from '../objects/index.ts';
import type { Bucket, Destination, History } from '../ports/index.ts';
import { changePauses, isPaused, pause, resume } from '../verify/index.ts';

/** What a restore needs. */
export interface RestorePorts {
  sourceId: string;
  datasetTemplate: string;
  bucket: Bucket;
  destination: Destination;
  history: History;
  /** Keeps loads of a table away while `holder` works on it, or says which load is at work. */
  tableLease(
    table: TableRef,
    holder: string,
  ): Promise<{ lease: { release(): Promise<void> } } | { heldBy: string }>;
  /** Says what is being done. */
  activity(text: string): void;
  now(): Date;
  sleep(ms: number): Promise<void>;
  /** 0 ≤ x < 1. */
  random(): number;
  /** Four hex digits. */
  randomSuffix(): string;
}

/** A table, and the time to which it is put back. */
interface Wanted {
  table: TableRef;
  at: Date;
}

/**
 * Puts a table back to an earlier time, and pauses it: the next run would load the same source over
 * it. Returns its history row. Throws `RESTORE_IMPOSSIBLE` where a load is at work on it, or
 * BigQuery does not have the table as of then.
 */
export async function restoreTable(wanted: Wanted, ports: RestorePorts): Promise<HistoryRow> {
  const { table } = wanted;
  const taken = await ports.tableLease(table, `restore-${ports.randomSuffix()}`);
  if ('heldBy' in taken)
    throw new LoadError(
      'RESTORE_IMPOSSIBLE',
      `${tableLabel(table)} is being loaded by ${taken.heldBy}, which would publish over it.`,
      { hint: 'Wait until that load has ended, or cancel its run, and try again.' },
    );
  try {
    return await pauseAndRestore(wanted, ports);
  } finally {
    await taken.lease.release();
  }
}

/**
 * Paused first: a run that begins meanwhile must not load over it. Where nothing was put back, a
 * pause of its own is taken back.
 */
async function pauseAndRestore({ table, at }: Wanted, ports: RestorePorts): Promise<HistoryRow> {
  const { sourceId, bucket, history } = ports;
  const destination = destinationOf(table, ports.datasetTemplate);
  ports.activity(`putting ${destination.dataset}.${destination.table} back`);
  let isOurs = false;
  await changePauses(bucket, sourceId, (before) => {
    isOurs = !isPaused({ ...before, all: null }, table);
    return pause(before, [table], ports.now());
  });
  const id = await copyBack({ table, at, destination }, ports).catch(async (thrown: unknown) => {
    throw isOurs ? await withoutPause(toLoadError(thrown), table, ports) : thrown;
  });
  await forgetMade({ sourceId, table }, bucket);
  const row = await restoredRow({ table, at, id, destination }, ports);
  await history.ensureTable();
  await history.merge([row]);
  return row;
}

/**
 * Ends the pause of a restore that has failed; one that may have happened all the same keeps it.
 * Says which.
 */
async function withoutPause(
  error: LoadError,
  table: TableRef,
  { bucket, sourceId }: RestorePorts,
): Promise<LoadError> {
  if (!error.isTransient) await changePauses(bucket, sourceId, (now) => resume(now, [table]));
  const said = error.isTransient
    ? `It stays paused; npm run resume -- ${asArgument(table)} ends that.`
    : 'Its pause is taken back.';
  const { code, message, hint, context, isTransient } = error;
  return new LoadError(code, `${message} ${said}`, { hint, context, isTransient, cause: error });
}

/** The BigQuery job that put the table back; its name tells one restore from the next. */
async function copyBack(
  { table, at, destination }: Wanted & { destination: DestinationRef },
  ports: RestorePorts,
): Promise<string> {
  const before = await ports.destination.describe(destination);
  const { sourceId } = ports;
  const id = restoreJobId({ sourceId, table, at, lastModified: before?.lastModified ?? null });
  const { signal } = new AbortController();
  const isBack = await restoreUnderFence({ sourceId, table, destination, at, id }, ports, signal).catch(
    (thrown: unknown) => {
      if (thrown instanceof Superseded || toLoadError(thrown).code === 'OVERTAKEN') throw cameBefore(table);
      throw thrown;
    },
  );
  if (isBack) return id;
  throw new LoadError(
    'RESTORE_IMPOSSIBLE',
    `BigQuery does not have ${destination.dataset}.${destination.table} as of ${at.toISOString()}.`,
  );
}

function cameBefore(table: TableRef): LoadError {
  return new LoadError(
    'RESTORE_IMPOSSIBLE',
    `A load of ${tableLabel(table)} has published in this moment, or was about to.`,
    { hint: 'Wait until that load has ended, or cancel its run, and try again.' },
  );
}

async function restoredRow(
  done: Wanted & { id: string; destination: DestinationRef },
  { sourceId, destination, now, randomSuffix }: RestorePorts,
): Promise<HistoryRow> {
  const facts = await destination.describe(done.destination);
  const time = now();
  const load = {
    sourceId,
    runId: manualRunName(time, randomSuffix()),
    trigger: 'manual' as const,
    decidedAt: time.toISOString(),
    reason: 'restored' as const,
    table: done.table,
  };
  return loadRow(load, {
    status: 'skipped',
    decision: 'skip',
    bigquery_job_id: done.id,
    rows_loaded: facts?.rows ?? null,
    destination_modified: facts?.lastModified ?? null,
    error_message: `put back to ${done.at.toISOString()}, and paused`,
    ended_at: time.toISOString(),
  });
}
