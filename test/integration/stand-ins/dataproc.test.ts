import { v1 } from '@google-cloud/dataproc';
import { credentials } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startFaultProxy } from '../../../local/faults/fault-proxy.ts';
import { type OwnDataproc, openDataproc } from '../../support/dataproc-stand-in.ts';
import { freshName, stackEnv } from '../../support/stack-env.ts';
import { until } from '../../support/wait.ts';

let dataproc: OwnDataproc;
let client: v1.JobControllerClient;
let mainPythonFileUri: string;

beforeEach(async () => {
  dataproc = await openDataproc({ maxConcurrentJobs: 1 });
  client = clientOf(dataproc);
  const name = `${freshName()}/main.py`;
  await dataproc.bucket.create({ name, bytes: Buffer.from('#'), contentType: 'text/x-python' });
  mainPythonFileUri = `gs://${dataproc.bucket.name}/${name}`;
});
afterEach(async () => {
  await client.close();
  await dataproc.close();
});

const clientOf = ({ port }: OwnDataproc) =>
  new v1.JobControllerClient({ apiEndpoint: '127.0.0.1', port, sslCreds: credentials.createInsecure() });
const submit = async (jobId: string, args: string[], { requestId = jobId, ...more } = {}) => {
  const { where, cluster } = dataproc;
  const job = {
    reference: { jobId },
    placement: { clusterName: cluster },
    pysparkJob: { mainPythonFileUri, args },
    ...more,
  };
  return (await client.submitJob({ ...where, requestId, job }))[0];
};
const get = async (jobId: string) => (await client.getJob({ ...dataproc.where, jobId }))[0];
const ended = (jobId: string) =>
  until(async () => {
    const job = await get(jobId);
    return job.done && job;
  });

describe('the Dataproc stand-in', () => {
  it('goes through its states in order, and keeps them', async () => {
    const id = freshName();
    await submit(id, ['succeed']);
    const job = await ended(id);
    const states = [...(job.statusHistory ?? []), job.status].map((status) => status?.state);
    expect(states).toEqual(['PENDING', 'SETUP_DONE', 'RUNNING', 'DONE']);
    const times = [...(job.statusHistory ?? []), job.status].map((status) =>
      Number(status?.stateStartTime?.seconds),
    );
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('answers ALREADY_EXISTS for a taken id, and the first job for a repeated request', async () => {
    const id = freshName();
    const first = await submit(id, ['succeed']);
    await expect(submit(id, ['succeed'], { requestId: 'another' })).rejects.toMatchObject({ code: 6 });
    expect((await submit(freshName(), ['fail'], { requestId: id })).jobUuid).toBe(first.jobUuid);
    await ended(id);
    expect(await submit(id, ['succeed'])).toMatchObject({ jobUuid: first.jobUuid, done: true });
  });

  it('queues beyond its limit, and goes on with the queue in order', async () => {
    const [one, two] = [freshName(), freshName()];
    await submit(one, ['sleep', '600']);
    await submit(two, ['succeed']);
    const queued = await until(async () => {
      const job = await get(two);
      return job.status?.substate === 'QUEUED' && job;
    });
    expect(queued.status?.state).toBe('PENDING');
    await client.cancelJob({ ...dataproc.where, jobId: one });
    expect((await ended(one)).status?.state).toBe('CANCELLED');
    expect((await ended(two)).status?.state).toBe('DONE');
  });

  it.each([
    ['files come', /^GET .*main\.py/],
    ['output is copied', /^POST .*driveroutput/],
  ])('cancels a job while its %s', async (_, call) => {
    const slow = await startFaultProxy(`http://${stackEnv()['GCS_API_ENDPOINT']}`);
    await dataproc.close();
    dataproc = await openDataproc({ gcs: slow.address });
    await client.close();
    client = clientOf(dataproc);
    const id = freshName();
    slow.faults.add({ call: call.source, times: 1, fault: { kind: 'delay', ms: 1_500 } });
    await submit(id, ['sleep', '20']);
    await until(async () => slow.calls.some((made) => call.test(made)));
    await client.cancelJob({ ...dataproc.where, jobId: id });
    expect((await ended(id)).status?.state).toBe('CANCELLED');
    await slow.close();
  });

  it('ends the whole process group when it cancels', async () => {
    const id = freshName();
    const seconds = `600.${Math.floor(Math.random() * 1e6)}`;
    const sleepers = async () => {
      const { readdir, readFile } = await import('node:fs/promises');
      const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
      const lines = await Promise.all(
        pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
      );
      return lines.filter((line) => line === `sleep\0${seconds}\0`).length;
    };
    await submit(id, ['sleep', seconds]);
    await until(async () => (await sleepers()) === 1);
    await client.cancelJob({ ...dataproc.where, jobId: id });
    await ended(id);
    expect(await until(async () => (await sleepers()) === 0)).toBe(true);
  });

  it('writes the driver output into the bucket', async () => {
    const id = freshName();
    await submit(id, ['fail']);
    const { driverOutputResourceUri } = await ended(id);
    const address = /^gs:\/\/([^/]+)\/(.+)$/.exec(driverOutputResourceUri ?? '');
    const [bucket, prefix] = [address?.[1] ?? '', address?.[2] ?? ''];
    const names = (await dataproc.bucket.listForeign({ bucket, prefix })) ?? [];
    expect(names[0]).toMatch(/driveroutput\.000000000$/);
    const texts = await Promise.all(names.map((name) => dataproc.bucket.readTail({ bucket, name }, 10_000)));
    expect(texts.join('')).toBe('hello from the driver\nit went wrong\n');
  });

  it('finds its jobs again after a restart: one that runs, one that ended meanwhile', async () => {
    const [long, short] = [freshName(), freshName()];
    await dataproc.close();
    dataproc = await openDataproc({ maxConcurrentJobs: 2 });
    await client.close();
    client = clientOf(dataproc);
    await submit(long, ['sleep', '600']);
    await submit(short, ['sleep', '0.5']);
    // A busy machine may look only when it has ended.
    await until(async () => ['RUNNING', 'DONE'].includes(String((await get(short)).status?.state)));
    await dataproc.restart();
    expect((await get(long)).status?.state).toBe('RUNNING');
    expect((await ended(short)).status?.state).toBe('DONE');
    await client.cancelJob({ ...dataproc.where, jobId: long });
    expect((await ended(long)).status?.state).toBe('CANCELLED');
  });

  it('lists in pages, by labels and state; deletes what has ended', async () => {
    const label = freshName();
    const ids = [freshName(), freshName(), freshName()];
    for (const id of ids) await submit(id, ['succeed'], { labels: { suite: label } } as object);
    for (const id of ids) await ended(id);
    const filter = `labels.suite = ${label} AND status.state = NON_ACTIVE`;
    const [jobs] = await client.listJobs({ ...dataproc.where, filter, pageSize: 2 }, { autoPaginate: true });
    expect(jobs.map((job) => job.reference?.jobId)).toEqual(ids);
    await client.deleteJob({ ...dataproc.where, jobId: ids[0] ?? '' });
    await expect(get(ids[0] ?? '')).rejects.toMatchObject({ code: 5 });
  });

  it('refuses loudly what it does not know', async () => {
    const refused = (more: object) =>
      expect(submit(freshName(), [], more as never)).rejects.toMatchObject({ code: 3 });
    await refused({ labels: { ok: 'NOT LOWER' } });
    await refused({ scheduling: { maxFailuresPerHour: 3 } });
    await refused({ pysparkJob: { mainPythonFileUri: '/local.py' } });
    await refused({ reference: { jobId: 'not allowed' } });
    await expect(client.listJobs({ ...dataproc.where, filter: 'placement.x = 1' })).rejects.toMatchObject({
      code: 3,
    });
    await expect(client.getJob({ ...dataproc.where, region: 'elsewhere', jobId: 'x' })).rejects.toMatchObject(
      {
        code: 3,
      },
    );
  });
});
