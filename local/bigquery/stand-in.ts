import { invalid } from './api-error.ts';
import type { Database } from './database.ts';
import type { Resources } from './resources.ts';

const NAME = /^[A-Za-z0-9_]{1,1024}$/;
const LABEL_VALUE = /^[a-z0-9_-]{0,63}$/;

export interface StandIn {
  database: Database;
  resources: Resources;
  project: string;
  /** Address of the Cloud Storage stand-in. */
  gcs: string;
  dataDir: string;
}

/** Names of datasets and tables, as BigQuery allows them. */
export function checkName(what: 'dataset' | 'table', id: string): void {
  if (!NAME.test(id)) throw invalid(`Invalid ${what} ID ${id}`);
}

/** Labels of anything: values as BigQuery allows them. */
export function checkLabels(labels: Record<string, string>): void {
  for (const [key, value] of Object.entries(labels))
    if (!LABEL_VALUE.test(value) || !LABEL_VALUE.test(key))
      throw invalid(`Label ${key}=${value} is not allowed.`);
}
