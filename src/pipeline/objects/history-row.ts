import { z } from 'zod';
import { decisionSchema, reasonSchema, triggerSchema } from './load.ts';
import { statusSchema } from './run.ts';
import { signatureSchema } from './signature.ts';

const time = z.iso.datetime().nullable();
const count = z.int().min(0).nullable();

/**
 * One row of `Historico_Execucao`, as it travels through the history queue. Times are ISO in UTC.
 * Key: source_id, run_id, schema_name, table_name.
 */
export const historyRowSchema = z.strictObject({
  source_id: z.string(),
  run_id: z.string(),
  schema_name: z.string(),
  table_name: z.string(),
  trigger: triggerSchema,
  decision: decisionSchema,
  reason: reasonSchema,
  status: statusSchema,
  engine: z.string().nullable(),
  /** Why it was that engine; null where none has begun. */
  engine_reason: z.string().nullable().default(null),
  consistency: z.enum(['snapshot', 'proven', 'fuzzy']).nullable(),
  dataproc_job_id: z.string().nullable(),
  bigquery_job_id: z.string().nullable(),
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
  adutora_version: z.string(),
  /** Highest attempt number; 0 when nothing was attempted. */
  attempts: z.int().min(0),
  rows_source: count,
  rows_staged: count,
  rows_loaded: count,
  bytes_staged: count,
  duration_ms: count,
  /**
   * Also the partition of the row: the same for every row of a load, however often it is written.
   */
  decided_at: z.iso.datetime(),
  started_at: time,
  ended_at: time,
  published_at: time,
  /** `lastModifiedTime` of the destination after our last change to it. */
  destination_modified: time,
  signature: signatureSchema.nullable(),
  policy_counts: z.record(z.string(), z.record(z.string(), z.int())).nullable(),
  schema_change: z.record(z.string(), z.unknown()).nullable(),
  /** Column → mask (`hmac`, `truncate(3)`, `nullify`) or `exclude`. */
  masked_columns: z.record(z.string(), z.string()).nullable(),
});
export type HistoryRow = z.infer<typeof historyRowSchema>;

/** BigQuery type of every column of the history table, in order. */
export const HISTORY_COLUMNS = {
  source_id: 'STRING',
  run_id: 'STRING',
  schema_name: 'STRING',
  table_name: 'STRING',
  trigger: 'STRING',
  decision: 'STRING',
  reason: 'STRING',
  status: 'STRING',
  engine: 'STRING',
  consistency: 'STRING',
  dataproc_job_id: 'STRING',
  bigquery_job_id: 'STRING',
  error_code: 'STRING',
  error_message: 'STRING',
  adutora_version: 'STRING',
  attempts: 'INT64',
  rows_source: 'INT64',
  rows_staged: 'INT64',
  rows_loaded: 'INT64',
  bytes_staged: 'INT64',
  duration_ms: 'INT64',
  decided_at: 'TIMESTAMP',
  started_at: 'TIMESTAMP',
  ended_at: 'TIMESTAMP',
  published_at: 'TIMESTAMP',
  destination_modified: 'TIMESTAMP',
  signature: 'JSON',
  policy_counts: 'JSON',
  schema_change: 'JSON',
  masked_columns: 'JSON',
  engine_reason: 'STRING',
} as const satisfies Record<keyof HistoryRow, 'STRING' | 'INT64' | 'TIMESTAMP' | 'JSON'>;

/**
 * One row a key, because a MERGE refuses two: `loaded` before anything else, then the one with more
 * attempts, then the later one.
 */
export function newestPerKey(rows: readonly HistoryRow[]): HistoryRow[] {
  const best = new Map<string, HistoryRow>();
  for (const row of rows) {
    const key = [row.source_id, row.run_id, row.schema_name, row.table_name].join('\0');
    const other = best.get(key);
    if (!other || !isBetter(other, row)) best.set(key, row);
  }
  return [...best.values()];
}

function isBetter(one: HistoryRow, other: HistoryRow): boolean {
  if ((one.status === 'loaded') !== (other.status === 'loaded')) return one.status === 'loaded';
  return one.attempts > other.attempts;
}
