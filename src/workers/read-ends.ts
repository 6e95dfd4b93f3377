import type { Job } from 'bullmq';
import { type Failure, LoadError, toFailure } from '../pipeline/errors/index.ts';
import { readLoadEnd } from '../pipeline/history/index.ts';
import type { EndedLoad, HistoryRow, TablesObject } from '../pipeline/objects/index.ts';
import { type Bucket, mapAtOnce } from '../pipeline/ports/index.ts';
import type { LoadEnd } from '../pipeline/run/index.ts';
import {
  type IngestPayload,
  ingestPayloadSchema,
  ingestResultSchema,
  parsePayload,
  recordOf,
} from '../queues/payloads.ts';
import type { Queues } from '../queues/queues.ts';
import { childrenOf, type RunChildren } from '../queues/run-children.ts';
import type { Cancellations, CancelledEnd } from '../redis/cancellations.ts';

const LOOK_UPS_AT_ONCE = 200;
const NOTHING: RunChildren = { results: new Map(), failures: new Map(), open: new Set() };

export interface EndsContext {
  queues: Queues;
  bucket: Bucket;
  cancellations: Pick<Cancellations, 'endOf'>;
  /** What became of a load that nobody has said the end of, asked by its names. */
  settle(load: { sourceId: string; runId: string; loadId: string; why: string }): Promise<EndedLoad | null>;
}

export interface RunEnds {
  ends: Map<string, LoadEnd>;
  /** Loads whose rows history has been handed already. */
  loadsInHistory: Set<string>;
  /** Rows that are known, and may never have been handed to history. */
  rows: HistoryRow[];
}

interface Found {
  end: LoadEnd;
  isInHistory: boolean;
  row?: HistoryRow;
}

/**
 * How each load of a run has ended: by the record of the run's job, the load's own job, what the
 * bucket holds, and at last by its names. `job` is null where Redis does not know the run.
 */
export async function readEnds(
  job: Job | null,
  tables: TablesObject,
  context: EndsContext,
): Promise<RunEnds> {
  const children = job ? await childrenOf(job) : NOTHING;
  const loads = tables.tables.flatMap(({ loadId }) => (loadId === null ? [] : [loadId]));
  const ends: RunEnds = { ends: new Map(), loadsInHistory: new Set(), rows: [] };
  await mapAtOnce(loads, LOOK_UPS_AT_ONCE, async (loadId) => {
    const found = await endOf(loadId, { children, tables, context });
    if (!found) return;
    ends.ends.set(loadId, found.end);
    if (found.isInHistory) ends.loadsInHistory.add(loadId);
    if (found.row) ends.rows.push(found.row);
  });
  return ends;
}

async function endOf(
  loadId: string,
  { children, tables, context }: { children: RunChildren; tables: TablesObject; context: EndsContext },
): Promise<Found | null> {
  const { queues, bucket, cancellations } = context;
  const { sourceId, runId } = tables;
  const recorded = resultEnd(children.results.get(loadId));
  if (recorded) return recorded;
  const job = await queues.ingest.getJob(loadId);
  const result = resultEnd(job?.returnvalue);
  if (result) return result;
  const read = job && readIngest(job, sourceId);
  const told = read ? toldEnd(read) : cancelledEnd(await cancellations.endOf(loadId));
  if (told) return told;
  const kept = await readLoadEnd({ sourceId, runId, loadId }, bucket);
  if (kept) return keptEnd(kept);
  if (read && 'unreadable' in read)
    return { end: { status: 'failed', failure: read.unreadable, attempts: 0 }, isInHistory: false };
  const reason = job?.failedReason ?? children.failures.get(loadId) ?? null;
  const why = reason ?? (job ? 'The job ended without an error message.' : 'The job of the load is gone.');
  const settled = await context.settle({ sourceId, runId, loadId, why });
  return settled && keptEnd(settled);
}

function resultEnd(returned: unknown): Found | null {
  const result = ingestResultSchema.safeParse(returned);
  return result.success ? { end: result.data, isInHistory: true } : null;
}

/** A load that was cancelled while it waited has no job any more. */
function cancelledEnd(ended: CancelledEnd | null): Found | null {
  return ended && failedEnd(ended.failure, ended.attempts);
}

/**
 * The payload of a load's job, or the failure that says why nobody can read it. Throws
 * `NEWER_VERSION`.
 */
export function readIngest(job: Job, sourceId: string): { payload: IngestPayload } | { unreadable: Failure } {
  try {
    return { payload: parsePayload(ingestPayloadSchema, job, sourceId) };
  } catch (thrown) {
    if (!(thrown instanceof LoadError) || thrown.code !== 'PAYLOAD_INVALID') throw thrown;
    return { unreadable: toFailure(thrown, null) };
  }
}

/** The failure that the processor of a load's job has left in it. */
function toldEnd(read: ReturnType<typeof readIngest>): Found | null {
  const told = 'payload' in read ? read.payload.failure : null;
  if (!told) return null;
  return { ...failedEnd(recordOf(told), told.attempts), isInHistory: told.isInHistory };
}

function failedEnd(failure: Failure, attempts: number): Found {
  const status = failure.code === 'CANCELLED' ? 'cancelled' : 'failed';
  return { end: { status, failure, attempts }, isInHistory: true };
}

function keptEnd({ row, failure }: EndedLoad): Found | null {
  const { status, attempts } = row;
  if (status === 'skipped') return null;
  if (status === 'loaded' || status === 'superseded')
    return { end: { status, rowsLoaded: row.rows_loaded, attempts }, isInHistory: true, row };
  const why = failure ?? toFailure(new LoadError('UNEXPECTED', 'It ended without an error message.'), null);
  return { end: { status, failure: why, attempts }, isInHistory: true, row };
}
