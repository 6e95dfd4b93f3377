import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startFaultProxy } from '../../local/faults/fault-proxy.ts';
import type { Fault } from '../../local/faults/fault-rules.ts';
import { createDestination } from '../../src/adapters/bigquery/destination.ts';
import { createHistory } from '../../src/adapters/bigquery/history.ts';
import { createBucket } from '../../src/adapters/gcs/bucket.ts';
import { changePauses, pause, readPauses } from '../../src/pipeline/verify/pauses.ts';
import { type OwnBigQuery, openBigQuery } from '../support/bigquery-stand-in.ts';
import { type OwnDataproc, openDataproc } from '../support/dataproc-stand-in.ts';
import { createMemoryBucket } from '../support/fakes/memory-bucket.ts';
import { historyRow } from '../support/samples.ts';
import { freshName, stackEnv } from '../support/stack-env.ts';
import { until } from '../support/wait.ts';

/** Quick retries, as many as in production. */
const RETRY = { retries: 4, minTimeout: 5, maxTimeout: 20 };
const COLUMNS = [{ name: 'id', type: 'INT64', mode: 'NULLABLE' }] as const;

describe('BigQuery, where something goes wrong', () => {
  let own: OwnBigQuery;
  beforeAll(async () => {
    own = await openBigQuery();
  });
  afterAll(() => own?.close());

  const settings = () => ({
    projectId: own.project,
    location: 'southamerica-east1',
    emulatorHost: own.address,
    retry: RETRY,
  });
  async function fault(call: string, what: Fault, times = 1) {
    await fetch(`${own.address}/_faults`, {
      method: 'POST',
      body: JSON.stringify({ call, times, fault: what }),
    });
    onTestFinished(async () => void (await fetch(`${own.address}/_faults`, { method: 'DELETE' })));
  }
  async function publish() {
    const destination = createDestination(settings());
    const table = freshName();
    const id = freshName();
    const request = {
      id,
      labels: { attempt: 'a1' },
      destination: { dataset: 'd', table },
      uris: [await own.put('1\n2\n')],
      columns: COLUMNS,
      nullToken: '\\NABCD',
    };
    await destination.publish({
      ...request,
      disposition: 'replace-schema',
      partitioning: null,
      clustering: [],
    });
    const job = await until(async () => {
      const found = await destination.getPublish(id);
      return found?.state === 'done' && found;
    });
    const [rows] = await own.rows(`SELECT COUNT(*) AS n FROM \`d.${table}\``);
    const { jobs } = await own.rest<{ jobs: { jobReference: { jobId: string } }[] }>('GET', '/jobs');
    return { job, rows, jobs: jobs.filter(({ jobReference }) => jobReference.jobId === id).length };
  }

  it.each<[string, Fault, number]>([
    ['the reply to the insert is lost', { kind: 'lost-reply' }, 1],
    ['the insert arrives twice', { kind: 'duplicate' }, 1],
    ['it is overloaded three times', { kind: 'error', status: 503 }, 3],
    ['the rate limit is met', { kind: 'error', status: 403, reason: 'rateLimitExceeded' }, 2],
    ['it says 429', { kind: 'error', status: 429, reason: 'rateLimitExceeded' }, 2],
    ['it breaks inside, and says 400', { kind: 'error', status: 400, reason: 'jobBackendError' }, 2],
    ['it breaks inside', { kind: 'error', status: 500, reason: 'internalError' }, 2],
    ['it is slow', { kind: 'delay', ms: 200 }, 1],
    ['it does not know a dataset that was just made', { kind: 'error', status: 404, reason: 'notFound' }, 2],
  ])('loads once, by one job, where %s', async (_, what, times) => {
    await fault('POST .*/jobs', what, times);
    const { job, rows, jobs } = await publish();
    expect([job.error, job.outputRows, rows, jobs]).toEqual([null, 2, { n: 2 }, 1]);
  });

  it('loads once, by one job, where a job that was just inserted is not known yet', async () => {
    await fault('POST .*/jobs', { kind: 'lost-reply' });
    await fault('GET .*/jobs/', { kind: 'error', status: 404, reason: 'notFound' }, 2);
    const { job, rows, jobs } = await publish();
    expect([job.error, job.outputRows, rows, jobs]).toEqual([null, 2, { n: 2 }, 1]);
  });

  it('says that an id is taken and unknown, where it stays so, and that it may be tried again', async () => {
    await fault('POST .*/jobs', { kind: 'error', status: 409, reason: 'duplicate' }, 5);
    await expect(publish()).rejects.toMatchObject({
      code: 'DESTINATION_UNAVAILABLE',
      isTransient: true,
      message: expect.stringContaining('exists, and does not know it in southamerica-east1'),
    });
  });

  it('finds a dataset that another worker made in this moment, and a table that is gone before a change', async () => {
    const destination = createDestination(settings());
    await fault('GET .*/datasets/', { kind: 'error', status: 404, reason: 'notFound' }, 2);
    await destination.ensureDataset('d');
    const changed = { destination: { dataset: 'd', table: freshName() }, etag: '1', changes: {} };
    expect(await destination.alter(changed)).toBeNull();
  });

  it('tells of a count that is wrong', async () => {
    await fault('GET .*/jobs/', { kind: 'wrong-count' }, 100);
    expect((await publish()).job.outputRows).toBe(3);
  });

  it('gives up after five tries, and the error may be tried again', async () => {
    await fault('GET .*/tables/', { kind: 'error', status: 503 }, 5);
    const asked = createDestination(settings()).describe({ dataset: 'd', table: 'x' });
    await expect(asked).rejects.toMatchObject({ code: 'DESTINATION_UNAVAILABLE', isTransient: true });
    expect(await createDestination(settings()).describe({ dataset: 'd', table: 'x' })).toBeNull();
  });

  describe('history', () => {
    const row = historyRow({ source_id: 'f' });
    const historyOf = () => {
      const bucket = createMemoryBucket();
      return createHistory({ ...settings(), dataset: 'd', table: freshName(), bucket });
    };
    async function fresh() {
      const history = historyOf();
      await history.ensureTable();
      const before = await mergeJobs();
      return {
        history,
        recent: () => history.recent({ sourceId: 'f', limit: 10 }),
        merges: async () => (await mergeJobs()) - before,
      };
    }
    async function mergeJobs(): Promise<number> {
      const { jobs } = await own.rest<{ jobs: { jobReference: { jobId: string } }[] }>('GET', '/jobs');
      return jobs.filter(({ jobReference }) => jobReference.jobId.startsWith('f-history-')).length;
    }

    it('merges a row once, by one job, although the reply is lost', async () => {
      const { history, recent, merges } = await fresh();
      await fault('POST .*/jobs', { kind: 'lost-reply' });
      await history.merge([row]);
      expect([await recent(), await merges()]).toEqual([[row], 1]);
    });

    it('does not merge the same rows again, in whatever order, where a worker died before it knew', async () => {
      const { history, merges } = await fresh();
      const other = { ...row, table_name: 'u' };
      await history.merge([row, other]);
      await history.merge([other, row]);
      expect(await merges()).toBe(1);
      await history.merge([row]);
      expect(await merges()).toBe(2);
    });

    it('merges and reads rows where table and job are not known for a moment', async () => {
      const unknown: Fault = { kind: 'error', status: 404, reason: 'notFound' };
      const history = historyOf();
      await fault('POST .*/tables', unknown);
      await history.ensureTable();
      // The first of them is asked before there is a job.
      await fault('GET .*/jobs/', unknown, 2);
      await history.merge([row]);
      await fault('POST .*/queries', unknown);
      expect(await history.recent({ sourceId: 'f', limit: 10 })).toEqual([row]);
    });

    it('takes another id where the job of the rows has failed', async () => {
      const history = historyOf();
      const before = await mergeJobs();
      for (const _ of [1, 2])
        await expect(history.merge([row])).rejects.toMatchObject({ code: 'DESTINATION_UNAVAILABLE' });
      await history.ensureTable();
      await history.merge([row]);
      expect(await history.recent({ sourceId: 'f', limit: 10 })).toEqual([row]);
      expect((await mergeJobs()) - before).toBe(3);
    });
  });
});

describe('Cloud Storage, where something goes wrong', () => {
  let proxy: Awaited<ReturnType<typeof startFaultProxy>>;
  beforeAll(async () => {
    proxy = await startFaultProxy(`http://${stackEnv()['GCS_API_ENDPOINT']}`);
  });
  afterAll(() => proxy?.close());
  const stage = () =>
    createBucket({
      projectId: 'p',
      bucket: stackEnv()['GCS_BUCKET'] ?? '',
      apiEndpoint: proxy.address,
      retry: RETRY,
    });
  const object = () => ({ name: `${freshName()}/one`, bytes: Buffer.from('um'), contentType: 'text/plain' });

  it.each<[string, Fault, number]>([
    ['503 three times', { kind: 'error', status: 503 }, 3],
    ['429', { kind: 'error', status: 429 }, 1],
    ['slow', { kind: 'delay', ms: 100 }, 1],
  ])('creates an object once where it is %s', async (_, what, times) => {
    proxy.faults.add({ call: 'POST', times, fault: what });
    const one = object();
    expect(await stage().create(one)).toBe(true);
    expect(await stage().create(one)).toBe(false);
    expect(String((await stage().read(one.name))?.bytes)).toBe('um');
  });

  // It cannot tell its own object from another's of the same bytes; whoever asks reads what is
  // there.
  it('says that the name was there already where the reply was lost, and what is there is whole', async () => {
    proxy.faults.add({ call: 'POST', times: 1, fault: { kind: 'lost-reply' } });
    const one = object();
    expect(await stage().create(one)).toBe(false);
    const found = await stage().read(one.name);
    expect(String(found?.bytes)).toBe('um');
    proxy.faults.add({ call: 'POST', times: 1, fault: { kind: 'lost-reply' } });
    const change = { ...one, bytes: Buffer.from('dois'), generation: found?.generation ?? '' };
    expect(await stage().replace(change)).toBe(false);
    expect(String((await stage().read(one.name))?.bytes)).toBe('dois');
  });

  it('pauses a table once, although the reply is lost', async () => {
    const sourceId = freshName();
    const one = { schema: 's', table: 't' };
    const now = new Date();
    await changePauses(stage(), sourceId, (pauses) => pause(pauses, [one], now));
    proxy.faults.add({ call: 'POST', times: 1, fault: { kind: 'lost-reply' } });
    const other = { schema: 's', table: 'u' };
    const pauses = await changePauses(stage(), sourceId, (before) => pause(before, [other], now));
    expect(pauses.tables.map(({ table }) => table)).toEqual(['t', 'u']);
    expect(await readPauses(stage(), sourceId)).toEqual(pauses);
  });
});

describe('Dataproc, where something goes wrong', () => {
  let dataproc: OwnDataproc;
  beforeAll(async () => {
    dataproc = await openDataproc();
  });
  afterAll(() => dataproc?.close());

  async function submit() {
    const id = freshName();
    const name = `${id}/main.py`;
    await dataproc.bucket.create({ name, bytes: Buffer.from('#'), contentType: 'text/plain' });
    const mainUri = `gs://${dataproc.bucket.name}/${name}`;
    const job = await dataproc.remoteJobs.submit({
      id,
      requestId: id,
      labels: { load: id },
      mainUri,
      moduleUris: [],
      jarUris: [],
      args: ['succeed'],
      properties: {},
    });
    return { job, all: await dataproc.remoteJobs.list({ load: id }) };
  }

  it.each<[string, Fault, number]>([
    ['it is away three times', { kind: 'error', status: status.UNAVAILABLE }, 3],
    ['a quota is met', { kind: 'error', status: status.RESOURCE_EXHAUSTED }, 1],
    ['the reply is lost after the work', { kind: 'lost-reply' }, 1],
    ['the call arrives twice', { kind: 'duplicate' }, 1],
  ])('submits one job where %s', async (_, what, times) => {
    dataproc.faults.add({ call: 'submitJob', times, fault: what });
    const { job, all } = await submit();
    expect(all.map(({ id }) => id)).toEqual([job.id]);
  });

  it('finds the job of a taken name that is not known for a moment', async () => {
    const { job } = await submit();
    dataproc.faults.add({ call: 'getJob', times: 2, fault: { kind: 'error', status: status.NOT_FOUND } });
    const again = await dataproc.remoteJobs.submit({
      ...{ id: job.id, requestId: 'another', labels: {}, mainUri: 'gs://b/main.py', args: [] },
      ...{ moduleUris: [], jarUris: [], properties: {} },
    });
    expect(again.labels).toEqual(job.labels);
  });

  it.each([
    ['STOPPED', 'CLUSTER_STOPPED', false],
    ['DELETING', 'CLUSTER_STOPPED', false],
    ['ERROR', 'CLUSTER_STOPPED', false],
    ['STARTING', 'CLUSTER_STARTING', true],
  ])('says that the cluster is %s: %s', async (state, code, isTransient) => {
    dataproc.setClusterState(state);
    onTestFinished(() => dataproc.setClusterState('RUNNING'));
    await expect(submit()).rejects.toMatchObject({
      code,
      isTransient,
      message: expect.stringContaining(state),
    });
  });
});
