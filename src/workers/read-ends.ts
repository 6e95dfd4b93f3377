import type { Job } from 'bullmq';
import { type ErrorCode, isErrorCode, newerVersion } from '../pipeline/errors/index.ts';
import { readLoadEnd } from '../pipeline/history/index.ts';
import type { HistoryRow, TablesObject } from '../pipeline/objects/index.ts';
import { type Bucket, mapAtOnce } from '../pipeline/ports/index.ts';
import type { LoadEnd } from '../pipeline/run/index.ts';
import { ingestPayloadSchema, ingestResultSchema } from '../queues/payloads.ts';
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
  settle(load: { sourceId: string; runId: string; loadId: string; why: string }): Promise<HistoryRow | null>;
}

export interface RunEnds {
  ends: Map<string, LoadEnd>;
  /** Loads whose rows history has been handed already. */
  toldByLoads: Set<string>;
  /** Rows that are known, and may never have been handed to history. */
  rows: HistoryRow[];
}

interface Found {
  end: LoadEnd;
  hasTold: boolean;
  row?: HistoryRow;
}

/**
 * How each load of a run has ended: by the record of the run's job, the load's own job, what the bucket holds, and at last by its names.
 * `job` is null where Redis does not know the run.
 */
export async function readEnds(
  job: Job | null,
  tables: TablesObject,
  context: EndsContext,
): Promise<RunEnds> {
  const children = job ? await childrenOf(job) : NOTHING;
  const loads = tables.tables.flatMap(({ loadId }) => (loadId === null ? [] : [loadId]));
  const ends: RunEnds = { ends: new Map(), toldByLoads: new Set(), rows: [] };
  await mapAtOnce(loads, LOOK_UPS_AT_ONCE, async (loadId) => {
    const found = await endOf(loadId, { children, tables, context });
    if (!found) return;
    ends.ends.set(loadId, found.end);
    if (found.hasTold) ends.toldByLoads.add(loadId);
    if (found.row) ends.rows.push(found.row);
  });
  return ends;
}

async function endOf(
  loadId: string,
  { children, tables, context }: { children: RunChildren; tables: TablesObject; context: EndsContext },
): Promise<Found | null> {
  const { queues, bucket, cancellations } = context;
  const recorded = resultEnd(children.results.get(loadId));
  if (recorded) return recorded;
  const job = await queues.ingest.getJob(loadId);
  const told = job ? jobEnd(job) : cancelledEnd(await cancellations.endOf(loadId));
  if (told) return told;
  const { sourceId, runId } = tables;
  const row = await readLoadEnd({ sourceId, runId, loadId }, bucket);
  if (row) return rowEnd(row);
  const reason = job?.failedReason ?? children.failures.get(loadId) ?? null;
  const worded = reason === null ? null : reasonEnd(reason, job !== undefined);
  if (worded) return worded;
  const why = reason ?? (job ? 'The job ended without an error message.' : 'The job of the load is gone.');
  const settled = await context.settle({ sourceId, runId, loadId, why });
  return settled && rowEnd(settled);
}

function resultEnd(returned: unknown): Found | null {
  const result = ingestResultSchema.safeParse(returned);
  return result.success ? { end: result.data, hasTold: true } : null;
}

/** A load that was cancelled while it waited has no job any more. */
function cancelledEnd(ended: CancelledEnd | null): Found | null {
  if (!ended) return null;
  const status = ended.code === 'CANCELLED' ? 'cancelled' : 'failed';
  return { end: { status, ...ended }, hasTold: true };
}

/** What a job says that its processor has ended. */
function jobEnd(job: Job): Found | null {
  const result = resultEnd(job.returnvalue);
  if (result) return result;
  const payload = ingestPayloadSchema.safeParse(job.data);
  const newer = payload.error && newerVersion(`The payload of ${job.id}`, job.data, payload.error);
  if (newer) throw newer;
  const failure = payload.data?.failure;
  if (!failure) return null;
  const status = failure.code === 'CANCELLED' ? 'cancelled' : 'failed';
  const { code, message, attempts, isTold } = failure;
  return { end: { status, code, message, attempts }, hasTold: isTold };
}

/** The code by which a load's processor has worded its failure; null for words of somebody else's. */
export function codeOfReason(reason: string): ErrorCode | null {
  const code = /^([A-Z_]+): /.exec(reason)?.[1] ?? '';
  return isErrorCode(code) ? code : null;
}

/** By the reason alone: of a payload that nobody could read, or as a load's processor has worded it, where its job is not kept any more. */
function reasonEnd(reason: string, isKept: boolean): Found | null {
  const code = codeOfReason(reason);
  const isUnreadable = code === 'PAYLOAD_INVALID';
  if (code === null || (isKept && !isUnreadable)) return null;
  const status = code === 'CANCELLED' ? 'cancelled' : 'failed';
  return { end: { status, code, message: reason, attempts: 0 }, hasTold: !isUnreadable };
}

function rowEnd(row: HistoryRow): Found | null {
  const { status, attempts } = row;
  if (status === 'skipped') return null;
  const end: LoadEnd =
    status === 'loaded' || status === 'superseded'
      ? { status, rowsLoaded: row.rows_loaded, attempts }
      : { status, code: row.error_code ?? 'UNEXPECTED', message: row.error_message ?? '', attempts };
  return { end, hasTold: true, row };
}
