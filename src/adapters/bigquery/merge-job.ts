import { randomUUID } from 'node:crypto';
import type { BigQuery } from '@google-cloud/bigquery';
import { LoadError } from '../../pipeline/errors/index.ts';
import {
  historyMergeJobId,
  historyMergeLabels,
  isMergeOf,
  objectNames,
  sha256Hex,
} from '../../pipeline/names/index.ts';
import { type HistoryRow, historyMergeObjectSchema } from '../../pipeline/objects/index.ts';
import { type Bucket, type PublishJob, readObject, writeObject } from '../../pipeline/ports/index.ts';
import { type BigQuerySettings, classify } from './client.ts';
import { mergeSql } from './history-sql.ts';
import { burn, getPublish, insertJob, waitUntilDone } from './publish-jobs.ts';

const POLL_MS = 250;
/** Others may take the turn meanwhile. */
const TRIES = 5;

interface MergeContext {
  client: BigQuery;
  settings: BigQuerySettings & { dataset: string; table: string; bucket: Bucket };
}

/**
 * Merges rows into the history table by one query job. BigQuery says of statements at the same time
 * only that one fails where both *change* rows of a partition; two MERGEs that both find a row
 * missing may both insert it (docs/unproven.md 29). So there is never more than one: its id lies in
 * the bucket before it starts (`history.json`), and whoever wants to start the next waits for the
 * end of the last one, or uses its id up where it was never started, so that a worker which wakes
 * later starts nothing.
 */
export async function mergeRows(
  client: BigQuery,
  settings: MergeContext['settings'],
  rows: readonly HistoryRow[],
): Promise<void> {
  const context = { client, settings };
  const sourceId = rows[0]?.source_id;
  if (sourceId === undefined) return;
  const tableName = `${settings.projectId}.${settings.dataset}.${settings.table}`;
  const content = rows.map((row) => JSON.stringify(row)).sort();
  const rowsSha256 = sha256Hex([tableName, ...content].join('\n'));
  const turn = await takeTurn({ sourceId, rowsSha256 }, context);
  if (turn.isDone) return;
  const query = {
    query: mergeSql(tableName),
    useLegacySql: false,
    parameterMode: 'NAMED',
    queryParameters: parametersOf(rows),
  };
  const { id } = turn;
  const labels = historyMergeLabels(sourceId, rowsSha256);
  const started = await insertJob(client, settings, { id, labels, configuration: { query } });
  if (!isMergeOf(started, rowsSha256))
    throw new LoadError('DESTINATION_UNAVAILABLE', `History: the turn of ${id} was over before it began.`);
  const { error } = await endOf(started, context);
  if (!error) return;
  const { reason, message } = error;
  throw classify({ code: reason === 'accessDenied' ? 403 : 400, message, errors: [{ reason }] });
}

/**
 * The id of the one MERGE that may start now, or that the last one has merged these very rows: its
 * worker died before it knew. Throws `DESTINATION_UNAVAILABLE` where other processes kept merging.
 */
async function takeTurn(
  { sourceId, rowsSha256 }: { sourceId: string; rowsSha256: string },
  context: MergeContext,
): Promise<{ isDone: true } | { isDone: false; id: string }> {
  const { bucket } = context.settings;
  const name = objectNames(sourceId).historyMerge;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const last = await readObject(bucket, name, historyMergeObjectSchema);
    const before = last && (await awaitLast(last.value.job, context));
    if (before && !before.error && isMergeOf(before, rowsSha256)) return { isDone: true };
    const job = historyMergeJobId(sourceId, randomUUID());
    const generation = last?.generation ?? null;
    if (await writeObject(bucket, { name, generation, value: { version: 1, job } }))
      return { isDone: false, id: job };
  }
  throw new LoadError(
    'DESTINATION_UNAVAILABLE',
    `History: other processes kept merging rows; gave up after ${TRIES} tries.`,
  );
}

/**
 * Waits until the job of an id has ended; an id that nobody has used is used up by a query that
 * does nothing.
 */
async function awaitLast(id: string, context: MergeContext): Promise<PublishJob> {
  const { client, settings } = context;
  return endOf((await getPublish(client, settings, id)) ?? (await burn(client, settings, id)), context);
}

function endOf(job: PublishJob, { client, settings }: MergeContext): Promise<PublishJob> {
  return waitUntilDone(job, () => getPublish(client, settings, job.id), POLL_MS);
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
