import type { ErrorCode } from './error-codes.ts';

/** What a load needs, and what may be away for all of them at once. */
export const SERVICES = ['dataproc', 'gcs', 'bigquery', 'mysql'] as const;
export type Service = (typeof SERVICES)[number];

const OF_CODE: Partial<Record<ErrorCode, Service>> = {
  DATAPROC_UNAVAILABLE: 'dataproc',
  CLUSTER_STARTING: 'dataproc',
  STAGE_UNAVAILABLE: 'gcs',
  DESTINATION_UNAVAILABLE: 'bigquery',
  SOURCE_UNREACHABLE: 'mysql',
};

/**
 * The service that may be away where a load fails with this code; null where the code says nothing
 * of the kind.
 */
export function serviceOf(code: ErrorCode): Service | null {
  return OF_CODE[code] ?? null;
}

/** How people call it. */
export const SERVICE_NAMES: Readonly<Record<Service, string>> = {
  dataproc: 'Dataproc',
  gcs: 'Cloud Storage',
  bigquery: 'BigQuery',
  mysql: 'MySQL',
};

/** So many tables in a row, none loaded between them, are no single flaky table. */
export const TABLES_IN_A_ROW = 3;
const FIRST_REST_MS = 60_000;
const LONGEST_REST_MS = 600_000;

/**
 * How long a service is left alone that answers a probe and fails its loads all the same;
 * `openings`: how often it was lately.
 */
export function restMs(openings: number): number {
  return Math.min(FIRST_REST_MS * 2 ** Math.max(0, openings - 1), LONGEST_REST_MS);
}
