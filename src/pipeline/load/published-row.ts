import { loadRow } from '../history/index.ts';
import { maskedColumns } from '../mapping/index.ts';
import { dataprocJobId } from '../names/index.ts';
import type { HistoryRow, LoadObject, PublishObject } from '../objects/index.ts';
import type { PublishJob } from '../ports/index.ts';
import type { WholeStage } from './load-deps.ts';
import { publishedSignature, reconcile } from './reconcile.ts';

/**
 * The history row of a load whose publish has ended well: everything it tells stands in spec,
 * manifest and publish job.
 */
export function publishedRow(published: {
  load: LoadObject;
  stage: WholeStage;
  job: PublishJob;
  planned: PublishObject | null;
  /** Where the job does not tell its end. */
  now: Date;
  /**
   * `lastModifiedTime` of the destination after our last change to it; null where that is not
   * known.
   */
  destinationModified: string | null;
}): HistoryRow {
  const { load, stage, job, planned, now, destinationModified } = published;
  const { spec, manifest } = stage;
  const counts = reconcile({ ...stage, load });
  const ended = job.endedAt ?? now.toISOString();
  return loadRow(load, {
    status: 'loaded',
    engine: spec.engine,
    consistency: counts.consistency,
    dataproc_job_id: spec.engine === 'dataproc' ? dataprocJobId(load.sourceId, spec.attemptId) : null,
    bigquery_job_id: job.id,
    attempts: spec.attemptNumber,
    rows_source: counts.rowsSource,
    rows_staged: manifest.rows,
    rows_loaded: job.outputRows,
    bytes_staged: manifest.objects.reduce((sum, { bytes }) => sum + bytes, 0),
    duration_ms: Math.max(0, Date.parse(ended) - Date.parse(spec.createdAt)),
    started_at: spec.createdAt,
    ended_at: ended,
    published_at: ended,
    destination_modified: destinationModified,
    signature: { ...publishedSignature(spec, manifest), fingerprint: manifest.fingerprint },
    policy_counts: manifest.policyCounts,
    schema_change: planned?.schemaChange ?? null,
    masked_columns: maskedColumns(load.columns, load.excludedColumns),
  });
}
