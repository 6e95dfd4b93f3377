import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRemoteJobs } from '../../src/adapters/dataproc/remote-jobs.ts';
import { createBucket } from '../../src/adapters/gcs/bucket.ts';
import type { RemoteJob, RemoteJobRequest, RemoteJobs } from '../../src/pipeline/ports/remote-jobs.ts';
import { type OwnDataproc, openDataproc } from '../support/dataproc-stand-in.ts';
import { createMemoryRemoteJobs } from '../support/fakes/memory-remote-jobs.ts';
import { onRealProject } from '../support/real-project.ts';
import { freshName } from '../support/stack-env.ts';
import { NO_RETRY, until } from '../support/wait.ts';

const PROPERTIES = { 'spark.speculation': 'false' };

async function openStandIn(): Promise<{ remoteJobs: RemoteJobs; mainUri: string; close(): Promise<void> }> {
  const dataproc = await openDataproc();
  const name = `${freshName()}/main.py`;
  await dataproc.bucket.create({ name, bytes: Buffer.from('#'), contentType: 'text/x-python' });
  return { ...dataproc, mainUri: `gs://${dataproc.bucket.name}/${name}` };
}

async function openMemory(): ReturnType<typeof openStandIn> {
  return {
    remoteJobs: createMemoryRemoteJobs(() => new Date()),
    mainUri: 'gs://b/main.py',
    close: async () => undefined,
  };
}

/** What the stand-in's shell script does, for a real cluster. */
const SCRIPT = `import sys, time
does = sys.argv[1]
time.sleep(float(sys.argv[2]) if does == "sleep" else 0)
sys.exit(3 if does == "fail" else 0)
`;

async function openReal(env: Record<string, string>): ReturnType<typeof openStandIn> {
  const projectId = env['GOOGLE_CLOUD_PROJECT'] ?? '';
  const bucket = createBucket({ projectId, bucket: env['GCS_BUCKET'] ?? '' });
  const name = `adutora-contract-${freshName()}/main.py`;
  await bucket.create({ name, bytes: Buffer.from(SCRIPT), contentType: 'text/x-python' });
  const where = { region: env['DATAPROC_REGION'] ?? '', cluster: env['DATAPROC_CLUSTER'] ?? '' };
  const remoteJobs = createRemoteJobs({ projectId, ...where });
  const close = () => Promise.all([bucket.remove([name]), remoteJobs.close()]).then(() => undefined);
  return { remoteJobs, mainUri: `gs://${bucket.name}/${name}`, close };
}

describe.each([
  { name: 'Dataproc', open: openStandIn },
  { name: 'in memory', open: openMemory },
  ...onRealProject(openReal),
])('remote jobs, $name', ({ open }) => {
  let opened: Awaited<ReturnType<typeof openStandIn>>;
  const request = (id: string, ...args: string[]): RemoteJobRequest => ({
    id,
    requestId: id,
    labels: { installation: 'test', load: id },
    mainUri: opened.mainUri,
    moduleUris: [],
    jarUris: [],
    args,
    properties: PROPERTIES,
  });
  const inState = (id: string, states: readonly RemoteJob['state'][]) =>
    until(async () => {
      const job = await opened.remoteJobs.get(id);
      return job && states.includes(job.state) && job;
    });

  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened?.close());

  it('knows what is not there; cancelling it is no error', async () => {
    expect(await opened.remoteJobs.get(freshName())).toBeNull();
    expect(await opened.remoteJobs.list({ load: freshName() })).toEqual([]);
    await opened.remoteJobs.cancel(freshName());
  });

  it('runs a job under the name it was given, and ends it well', async () => {
    const id = freshName();
    const job = await opened.remoteJobs.submit(request(id, 'succeed'));
    expect(job).toMatchObject({ id, labels: { installation: 'test', load: id } });
    expect(Date.parse(job.submittedAt ?? '')).toBeLessThanOrEqual(Date.now());
    expect(await inState(id, ['done', 'failed'])).toMatchObject({ state: 'done' });
  });

  it('gives the job that has a name already, ended or not, and starts nothing', async () => {
    const id = freshName();
    await opened.remoteJobs.submit(request(id, 'succeed'));
    await inState(id, ['done']);
    const other = { ...request(id, 'fail'), requestId: freshName(), labels: { load: 'other' } };
    expect(await opened.remoteJobs.submit(other)).toMatchObject({ id, state: 'done', labels: { load: id } });
    // The lost answer: the same request again.
    expect(await opened.remoteJobs.submit(request(id, 'succeed'))).toMatchObject({ id, state: 'done' });
  });

  it('tells of a failure', async () => {
    const id = freshName();
    await opened.remoteJobs.submit(request(id, 'fail'));
    expect((await inState(id, ['failed', 'done'])).details).toMatch(/exit code 3|code \[?3/);
  });

  it('cancels a job that runs; cancelling one that has ended changes nothing', async () => {
    const id = freshName();
    await opened.remoteJobs.submit(request(id, 'sleep', '600'));
    await inState(id, ['running']);
    await opened.remoteJobs.cancel(id);
    await opened.remoteJobs.cancel(id);
    expect(await inState(id, ['cancelled', 'done', 'failed'])).toMatchObject({ state: 'cancelled' });
    await opened.remoteJobs.cancel(id);
  });

  it('lists those that have not ended, for whoever asks for those alone', async () => {
    const id = freshName();
    await opened.remoteJobs.submit(request(id, 'sleep', '600'));
    const active = async () => (await opened.remoteJobs.list({ load: id }, 'active')).map((job) => job.id);
    expect(await active()).toEqual([id]);
    await opened.remoteJobs.cancel(id);
    await inState(id, ['cancelled']);
    expect(await active()).toEqual([]);
    expect((await opened.remoteJobs.list({ load: id })).map((job) => job.id)).toEqual([id]);
  });

  it('lists by labels', async () => {
    const id = freshName();
    await opened.remoteJobs.submit(request(id, 'succeed'));
    expect((await opened.remoteJobs.list({ load: id })).map((job) => job.id)).toEqual([id]);
    expect(await opened.remoteJobs.list({ load: id, installation: 'another' })).toEqual([]);
  });
});

describe('the Dataproc adapter', () => {
  let dataproc: OwnDataproc;
  beforeAll(async () => {
    dataproc = await openDataproc();
  });
  afterAll(() => dataproc?.close());

  const adapter = (changes: Partial<Parameters<typeof createRemoteJobs>[0]>) =>
    createRemoteJobs({
      ...dataproc.where,
      cluster: dataproc.cluster,
      apiEndpoint: `127.0.0.1:${dataproc.port}`,
      retry: NO_RETRY,
      ...changes,
    });
  const job: RemoteJobRequest = {
    id: freshName(),
    requestId: 'r',
    labels: {},
    mainUri: 'gs://b/main.py',
    moduleUris: [],
    jarUris: [],
    args: [],
    properties: {},
  };

  it.each([
    ['CLUSTER_MISSING', { cluster: 'another' }, job, false],
    ['DATAPROC_DENIED', { projectId: 'another' }, job, false],
    ['DATAPROC_INVALID', {}, { ...job, labels: { Label: 'Not Allowed' } }, false],
    ['DATAPROC_UNAVAILABLE', { apiEndpoint: '127.0.0.1:9' }, job, true],
  ] as const)('says %s', async (code, changes, request, isTransient) => {
    const remoteJobs = adapter(changes);
    await expect(remoteJobs.submit(request)).rejects.toMatchObject({ code, isTransient });
    await remoteJobs.close();
  });

  it('fails a job whose code is not in the bucket, and says so', async () => {
    await dataproc.remoteJobs.submit(job);
    const failed = await until(async () => {
      const found = await dataproc.remoteJobs.get(job.id);
      return found?.state === 'failed' && found;
    });
    expect(failed.details).toContain('gs://b/main.py');
  });
});
