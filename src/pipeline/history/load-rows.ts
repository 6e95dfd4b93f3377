import { type LoadError, oneLine } from '../errors/index.ts';
import { dataprocJobId, VERSION } from '../names/index.ts';
import type { HistoryRow, LoadObject, Published, Spec } from '../objects/index.ts';

/** What history says of the jobs of an attempt that did not load. */
export type AttemptJobs = Pick<HistoryRow, 'engine' | 'dataproc_job_id' | 'bigquery_job_id'>;

const MESSAGE_LENGTH = 4_000;

type LoadFactsOfRow = Pick<LoadObject, 'sourceId' | 'runId' | 'trigger' | 'decidedAt' | 'reason' | 'table'> &
  Partial<Pick<LoadObject, 'engineReason'>>;
type Known = Partial<Omit<HistoryRow, 'engine_reason'>> & Pick<HistoryRow, 'status'>;

/**
 * A history row of a load with everything unknown left null; what is known goes over it. Why it was
 * that engine stands beside an engine only.
 */
export function loadRow(load: LoadFactsOfRow, known: Known): HistoryRow {
  return {
    source_id: load.sourceId,
    run_id: load.runId,
    schema_name: load.table.schema,
    table_name: load.table.table,
    trigger: load.trigger,
    decision: 'load',
    reason: load.reason,
    engine: null,
    engine_reason: (known.engine && load.engineReason) || null,
    consistency: null,
    dataproc_job_id: null,
    bigquery_job_id: null,
    error_code: null,
    error_message: null,
    adutora_version: VERSION,
    attempts: 0,
    rows_source: null,
    rows_staged: null,
    rows_loaded: null,
    bytes_staged: null,
    duration_ms: null,
    decided_at: load.decidedAt,
    started_at: null,
    ended_at: null,
    published_at: null,
    destination_modified: null,
    signature: null,
    policy_counts: null,
    schema_change: null,
    masked_columns: null,
    ...known,
  };
}

/**
 * The row of a load that failed or was cancelled: its error, how many attempts there were, and the
 * jobs of the last one.
 */
export function failedRow(input: {
  load: LoadObject;
  error: LoadError;
  attempts: number;
  startedAt: string | null;
  /** Null where nothing was attempted. */
  jobs: AttemptJobs | null;
  now: Date;
}): HistoryRow {
  const { load, error, attempts, startedAt, jobs, now } = input;
  return loadRow(load, {
    ...jobs,
    status: error.code === 'CANCELLED' ? 'cancelled' : 'failed',
    error_code: error.code,
    error_message: oneLine(error.message).slice(0, MESSAGE_LENGTH),
    attempts,
    started_at: startedAt,
    ended_at: now.toISOString(),
    // The spec may be of a machine whose clock is ahead.
    duration_ms: startedAt ? Math.max(0, now.getTime() - Date.parse(startedAt)) : null,
  });
}

/** The row of a load whose table has newer rows: which job has published them. */
export function supersededRow(input: {
  load: LoadObject;
  by: Pick<Published, 'job' | 'endedAt'>;
  spec: Spec | null;
  now: Date;
}): HistoryRow {
  const { load, by, spec, now } = input;
  return loadRow(load, {
    status: 'superseded',
    engine: spec?.engine ?? null,
    dataproc_job_id: spec?.engine === 'dataproc' ? dataprocJobId(load.sourceId, spec.attemptId) : null,
    error_message: `${by.job} has published newer rows${by.endedAt ? ` at ${by.endedAt}` : ''}.`,
    attempts: spec?.attemptNumber ?? 0,
    started_at: spec?.createdAt ?? null,
    ended_at: now.toISOString(),
    duration_ms: spec ? Math.max(0, now.getTime() - Date.parse(spec.createdAt)) : null,
  });
}
