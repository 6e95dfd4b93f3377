import type { Logger } from 'pino';
import type { LoadError } from '../pipeline/errors/index.ts';
import { plural, type TableRef, tableLabel } from '../pipeline/names/index.ts';
import type { HistoryRow, SummaryObject } from '../pipeline/objects/index.ts';
import { goneOf } from '../pipeline/run/index.ts';

/** How a load has ended. Names, codes and counts only: a message may quote a value. */
export function logLoadEnd(log: Logger, row: HistoryRow): void {
  const fields = {
    ...loadFields(row.run_id, { schema: row.schema_name, table: row.table_name }),
    reason: row.reason,
    engine: row.engine,
    rows: row.rows_loaded,
    attempts: row.attempts,
    code: row.error_code,
    durationMs: row.duration_ms,
  };
  log[row.status === 'failed' ? 'error' : 'info'](fields, `load ${row.status}`);
}

/** A load that is to go on later. */
export function logRetry(
  log: Logger,
  {
    payload,
    error,
    ...fields
  }: { payload: { runId: string; table: TableRef }; error: LoadError; delayMs: number; attempt: number },
): void {
  log.warn({ ...loadFields(payload.runId, payload.table), code: error.code, ...fields }, 'load waiting');
}

/** What every line about a load begins with. */
export function loadFields(runId: string, table: TableRef): { runId: string; table: string } {
  return { runId, table: tableLabel(table) };
}

/** How a run has ended. */
export function logRunEnd(log: Logger, summary: SummaryObject): void {
  const { runId, trigger, status, loaded, skipped, failed, cancelled, superseded, historyPending, error } =
    summary;
  const durationMs = Date.parse(summary.endedAt) - Date.parse(summary.startedAt);
  const gone = goneOf(summary).map(tableLabel);
  const counts = { loaded, skipped, failed, cancelled, superseded, historyPending };
  const code = error?.code ?? null;
  const fields = { runId, trigger, ...counts, code, durationMs, ...(gone.length > 0 && { gone }) };
  const level = status === 'failed' ? 'error' : gone.length > 0 ? 'warn' : 'info';
  log[level](
    fields,
    `run ${status}${gone.length > 0 ? `, ${plural(gone.length, 'table')} gone from the listing` : ''}`,
  );
}
