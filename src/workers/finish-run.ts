import type { Job } from 'bullmq';
import { createObject, readObject } from '../pipeline/json-objects.ts';
import { LoadError } from '../pipeline/load-error.ts';
import { objectNames } from '../pipeline/names.ts';
import { type SummaryObject, summaryObjectSchema, type TablesObject } from '../pipeline/objects/run.ts';
import type { Stage } from '../pipeline/ports/stage.ts';
import { countsText, type LoadEnd, remainingRows, summarize } from '../pipeline/run/summary.ts';
import type { Cancellations, CancelledEnd } from '../queues/cancellations.ts';
import { ingestPayloadSchema, ingestResultSchema } from '../queues/payloads.ts';
import { addHistoryRows, historyJobId, type Queues } from '../queues/queues.ts';

const HISTORY_WAIT_MS = 600_000;
const HISTORY_POLL_MS = 250;
const LOOK_UPS_AT_ONCE = 200;

export interface FinishContext {
  cancellations: Pick<Cancellations, 'endOf'>;
  queues: Queues;
  stage: Stage;
  now(): Date;
}

/**
 * Ends a run whose loads have all ended: one terminal history row a table (repaired where a load died without one),
 * history awaited for at most 10 minutes, then `summary.json`. Whoever wrote that first is right.
 */
export async function finishRun(
  input: { tables: TablesObject; signal: AbortSignal; report(message: string): Promise<void> },
  context: FinishContext,
): Promise<SummaryObject> {
  const { tables, signal, report } = input;
  const { ends, toldByLoads } = await readEnds(tables, context);
  const draft = summarize({ tables, ends, historyPending: 0, now: context.now() });
  const rows = remainingRows({ tables, summary: draft, toldByLoads });
  await addHistoryRows(context.queues, rows);
  await report(`${countsText(draft)}; waiting for history`);
  const historyIds = [...rows.map(historyJobId), ...loadHistoryIds(tables, ends)];
  const historyPending = await awaitHistory({ ids: historyIds, signal }, context);
  const summary = { ...draft, historyPending, endedAt: context.now().toISOString() };
  const name = objectNames(tables.sourceId).summary(tables.run);
  if (await createObject(context.stage, name, summary)) return summary;
  const first = await readObject(context.stage, name, summaryObjectSchema);
  if (!first) throw new LoadError('STAGE_UNAVAILABLE', `${name} exists and cannot be read.`);
  return first.value;
}

/** How each load ended, and which of them have told history themselves. */
async function readEnds(
  tables: TablesObject,
  { queues, cancellations }: FinishContext,
): Promise<{ ends: Map<string, LoadEnd>; toldByLoads: Set<string> }> {
  const loads = tables.tables.flatMap(({ load }) => (load === null ? [] : [load]));
  const ends = new Map<string, LoadEnd>();
  const toldByLoads = new Set<string>();
  for (let start = 0; start < loads.length; start += LOOK_UPS_AT_ONCE) {
    const part = loads.slice(start, start + LOOK_UPS_AT_ONCE);
    const found = await Promise.all(
      part.map(async (load) => {
        const job = await queues.ingest.getJob(load);
        return job ? endOf(job) : cancelledEnd(await cancellations.endOf(load));
      }),
    );
    for (const [index, one] of found.entries()) {
      const load = part[index];
      if (!one || !load) continue;
      ends.set(load, one.end);
      if (one.hasTold) toldByLoads.add(load);
    }
  }
  return { ends, toldByLoads };
}

/** A load that was cancelled while it waited has no job any more. */
function cancelledEnd(ended: CancelledEnd | null): { end: LoadEnd; hasTold: boolean } | null {
  return ended && { end: { status: 'cancelled', code: 'CANCELLED', ...ended }, hasTold: true };
}

function endOf(job: Job): { end: LoadEnd; hasTold: boolean } {
  const result = ingestResultSchema.safeParse(job.returnvalue);
  if (result.success) return { end: result.data, hasTold: true };
  const payload = ingestPayloadSchema.safeParse(job.data);
  const failure = payload.success ? payload.data.failure : null;
  if (failure) {
    const status = failure.code === 'CANCELLED' ? 'cancelled' : 'failed';
    const { code, message, attempts, isTold } = failure;
    return { end: { status, code, message, attempts }, hasTold: isTold };
  }
  const reason = job.failedReason ?? 'the job ended without a word';
  const isUnreadable = !payload.success && reason.startsWith('PAYLOAD_INVALID');
  const code = isUnreadable ? 'PAYLOAD_INVALID' : 'LOAD_ABANDONED';
  const message = isUnreadable ? reason : `${code}: ${reason}`;
  return { end: { status: 'failed', code, message, attempts: 0 }, hasTold: false };
}

function loadHistoryIds(tables: TablesObject, ends: ReadonlyMap<string, LoadEnd>): string[] {
  return tables.tables.flatMap(({ load }) => {
    const end = load === null ? undefined : ends.get(load);
    return load && end ? [`${load}-a${end.attempts}-${end.status}`] : [];
  });
}

/** How many of the rows are not in BigQuery when the wait is over. One that was given up is not waited for. */
async function awaitHistory(
  input: { ids: string[]; signal: AbortSignal },
  { queues, now }: FinishContext,
): Promise<number> {
  const deadline = now().getTime() + HISTORY_WAIT_MS;
  let pending: HistoryState[] = input.ids.map((id) => ({ id, isGivenUp: false }));
  for (;;) {
    pending = await stillPending(pending, queues);
    if (pending.every(({ isGivenUp }) => isGivenUp) || now().getTime() >= deadline) return pending.length;
    input.signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, HISTORY_POLL_MS));
  }
}

interface HistoryState {
  id: string;
  isGivenUp: boolean;
}

async function stillPending(rows: readonly HistoryState[], queues: Queues): Promise<HistoryState[]> {
  const pending: HistoryState[] = [];
  for (let start = 0; start < rows.length; start += LOOK_UPS_AT_ONCE) {
    const part = rows.slice(start, start + LOOK_UPS_AT_ONCE);
    const states = await Promise.all(part.map(({ id }) => queues.history.getJobState(id)));
    for (const [index, { id }] of part.entries())
      if (states[index] !== 'completed' && states[index] !== 'unknown')
        pending.push({ id, isGivenUp: states[index] === 'failed' });
  }
  return pending;
}
