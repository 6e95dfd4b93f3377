import type { BigQuery } from '@google-cloud/bigquery';
import { beforeEach, describe, expect, it } from 'vitest';
import { mergeRows } from '../../../src/adapters/bigquery/merge-job.ts';
import { objectNames } from '../../../src/pipeline/names/index.ts';
import { createObject } from '../../../src/pipeline/ports/json-objects.ts';
import { createMemoryBucket } from '../../support/fakes/memory-bucket.ts';
import { historyRow } from '../../support/samples.ts';
import { NO_RETRY, until } from '../../support/wait.ts';

interface Job {
  jobReference: { jobId: string };
  configuration: {
    labels: Record<string, string>;
    query: { query: string; queryParameters?: { name: string; parameterValue: { value: string } }[] };
  };
  status: { state: 'RUNNING' | 'DONE' };
}

/**
 * A BigQuery whose MERGE sees the table as it was when the job began, and inserts what it found
 * missing when it ends: nothing conflicts.
 */
function createBigQuery() {
  const jobs = new Map<string, Job>();
  const table: string[] = [];
  const waiting: (() => void)[] = [];
  let isHeld = false;
  const begin = (job: Job) => {
    const parameters = job.configuration.query.queryParameters ?? [];
    const rows = JSON.parse(parameters.find(({ name }) => name === 'rows')?.parameterValue.value ?? '[]');
    const keys = (rows as { table_name: string }[]).map(({ table_name }) => table_name);
    const missing = keys.filter((key) => !table.includes(key));
    const end = () => {
      table.push(...missing);
      job.status = { state: 'DONE' };
    };
    if (isHeld) waiting.push(end);
    else end();
  };
  const answer = (request: { method: string; uri: string; json?: Omit<Job, 'status'> }): Job => {
    if (request.method === 'GET') {
      const found = jobs.get(request.uri.replace('/jobs/', ''));
      if (found) return found;
      throw Object.assign(new Error('not found'), { code: 404 });
    }
    const { jobReference, configuration } = request.json as Omit<Job, 'status'>;
    if (jobs.has(jobReference.jobId)) throw Object.assign(new Error('duplicate'), { code: 409 });
    const job: Job = { jobReference, configuration, status: { state: 'RUNNING' } };
    jobs.set(jobReference.jobId, job);
    begin(job);
    return job;
  };
  const request = (what: Parameters<typeof answer>[0], done: (error: unknown, body?: unknown) => void) => {
    try {
      done(null, structuredClone(answer(what)));
    } catch (error) {
      done(error);
    }
  };
  return {
    client: { request } as unknown as BigQuery,
    jobs,
    table,
    /** MERGEs go on until they are let go. */
    hold: () => {
      isHeld = true;
    },
    letGo: () => {
      isHeld = false;
      for (const end of waiting.splice(0)) end();
    },
  };
}

let bigquery: ReturnType<typeof createBigQuery>;
let bucket: ReturnType<typeof createMemoryBucket>;
beforeEach(() => {
  bigquery = createBigQuery();
  bucket = createMemoryBucket();
});
const row = (table_name: string) => historyRow({ source_id: 'm', table_name });
const merge = (...tables: string[]) => {
  const settings = { projectId: 'p', location: 'l', dataset: 'd', table: 't', bucket, retry: NO_RETRY };
  return mergeRows(bigquery.client, settings, tables.map(row));
};
const merges = () => [...bigquery.jobs.values()].filter(({ configuration: { labels } }) => labels['rows']);

describe('MERGEs of history', () => {
  it('never run at the same time: the next waits for one whose worker died, with more rows by then', async () => {
    bigquery.hold();
    const first = merge('a');
    await until(async () => merges().length === 1);
    const next = merge('a', 'b');
    const order: string[] = [];
    void first.then(() => order.push('first'));
    void next.then(() => order.push('next'));
    // The second has looked for the job of the first, and waits.
    await new Promise((resolve) => setImmediate(resolve));
    expect(merges()).toHaveLength(1);
    bigquery.letGo();
    await Promise.all([first, next]);
    expect(bigquery.table.toSorted()).toEqual(['a', 'b']);
    expect(merges()).toHaveLength(2);
  });

  it('are not started by a worker that wakes after its turn', async () => {
    const { create } = bucket;
    const turns = Promise.withResolvers<void>();
    let isPaused = false;
    bucket.create = async (object) => {
      const done = await create(object);
      if (object.name !== objectNames('m').historyMerge) return done;
      isPaused = true;
      await turns.promise;
      return done;
    };
    const paused = merge('a');
    const outcome = paused.catch((error: unknown) => error);
    await until(async () => isPaused);
    await merge('a', 'b');
    turns.resolve();
    expect(await outcome).toMatchObject({ code: 'DESTINATION_UNAVAILABLE', isTransient: true });
    expect(bigquery.table.toSorted()).toEqual(['a', 'b']);
  });

  it('go on where the one before was never started', async () => {
    await createObject(bucket, objectNames('m').historyMerge, { version: 1, job: 'm-history-lost' });
    await merge('a');
    expect(bigquery.table).toEqual(['a']);
    expect(bigquery.jobs.get('m-history-lost')?.configuration.query.query).toBe('SELECT 1');
  });

  it('of the same rows are one, in whatever order, where a worker died before it knew', async () => {
    await merge('a', 'b');
    await merge('b', 'a');
    expect(merges()).toHaveLength(1);
  });
});
