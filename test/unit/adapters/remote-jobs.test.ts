import { v1 } from '@google-cloud/dataproc';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createRemoteJobs } from '../../../src/adapters/dataproc/remote-jobs.ts';

const NOWHERE = { projectId: 'p', region: 'r', cluster: 'c', apiEndpoint: '127.0.0.1:9' };
const ONCE = { retries: 0, minTimeout: 0, maxTimeout: 0 };

it('a client that was closed refuses each call, also one for many pages', async () => {
  const jobs = createRemoteJobs({ ...NOWHERE, retry: ONCE });
  const told = (call: Promise<unknown>) =>
    call.then(
      () => 'answered',
      ({ code, message }) => `${code}: ${message}`,
    );
  expect(await told(jobs.get('j'))).toContain('DATAPROC_UNAVAILABLE');
  await jobs.close();
  for (const call of [() => jobs.list({}), () => jobs.get('j')])
    expect(await told(call())).toMatch(/^DATAPROC_UNAVAILABLE: .*closed/);
});

it('jobs are listed over all pages', async () => {
  const { listJobs } = v1.JobControllerClient.prototype;
  const page = (request: { pageToken?: string | null }) => {
    const job = { reference: { jobId: `job${request.pageToken ?? ''}` }, labels: {} };
    return [
      [job],
      request.pageToken === '2' ? null : { ...request, pageToken: `${Number(request.pageToken) + 1}` },
    ];
  };
  const spy = vi.spyOn(v1.JobControllerClient.prototype, 'listJobs');
  onTestFinished(() => spy.mockRestore());
  spy.mockImplementation((async (request: object) => page(request)) as unknown as typeof listJobs);
  const jobs = createRemoteJobs({ ...NOWHERE, retry: ONCE });
  onTestFinished(() => jobs.close());
  expect((await jobs.list({})).map(({ id }) => id)).toEqual(['job', 'job1', 'job2']);
});
