import { randomUUID } from 'node:crypto';
import type { BigQuery } from '@google-cloud/bigquery';
import type { HistoryRow } from '../../pipeline/history-row.ts';
import { sha256Hex } from '../../pipeline/names.ts';
import { type BigQuerySettings, classify } from './client.ts';
import { mergeSql } from './history-sql.ts';
import { ended, getPublish, insertJob } from './publish-jobs.ts';

const POLL_MS = 250;
/** Failed MERGEs of the same rows that are looked for; the ids of later ones are found by nobody. */
const MAX_KNOWN = 20;

/**
 * Merges rows into the history table by one query job, whose id derives from them: two MERGEs at once, after a lost reply,
 * could insert a row twice. An id whose job has failed is used up.
 */
export async function mergeRows(
  client: BigQuery,
  settings: BigQuerySettings & { dataset: string; table: string },
  rows: readonly HistoryRow[],
): Promise<void> {
  const tableName = `${settings.projectId}.${settings.dataset}.${settings.table}`;
  const installation = rows[0]?.source_id ?? '';
  const content = rows.map((row) => JSON.stringify(row)).sort();
  const base = `${installation}-history-${sha256Hex([tableName, ...content].join('\n')).slice(0, 32)}`;
  const ask = (id: string) => getPublish(client, settings, id);
  let id = `${base}-1`;
  let known = await ask(id);
  for (let number = 2; known?.error; number += 1) {
    id = `${base}-${number > MAX_KNOWN ? randomUUID() : number}`;
    known = await ask(id);
  }
  const query = {
    query: mergeSql(tableName),
    useLegacySql: false,
    parameterMode: 'NAMED',
    queryParameters: parametersOf(rows),
  };
  const started =
    known ?? (await insertJob(client, settings, { id, labels: { installation }, configuration: { query } }));
  const { error } = await ended(started, () => ask(id), POLL_MS);
  if (!error) return;
  const { reason, message } = error;
  throw classify({ code: reason === 'accessDenied' ? 403 : 400, message, errors: [{ reason }] });
}

function parametersOf(rows: readonly HistoryRow[]): object[] {
  const times = rows.map((row) => row.decided_at).sort();
  const values = { rows: JSON.stringify(rows), first: times[0] ?? '', last: times.at(-1) ?? '' };
  return Object.entries(values).map(([name, value]) => ({
    name,
    parameterType: { type: 'STRING' },
    parameterValue: { value },
  }));
}
