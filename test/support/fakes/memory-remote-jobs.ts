import type { RemoteJob, RemoteJobRequest, RemoteJobs } from '../../../src/pipeline/ports/remote-jobs.ts';

export interface MemoryRemoteJobs extends RemoteJobs {
  jobs: Map<string, RemoteJob>;
  submitted: RemoteJobRequest[];
  cancelled: string[];
}

/**
 * `RemoteJobs` in memory. A job does what its first argument says: `succeed`, `fail`, or `sleep`
 * until it is cancelled.
 */
export function createMemoryRemoteJobs(now: () => Date): MemoryRemoteJobs {
  const fake: MemoryRemoteJobs = {
    jobs: new Map(),
    submitted: [],
    cancelled: [],
    get: async (id) => fake.jobs.get(id) ?? null,
    submit: async (request) => {
      const taken = fake.jobs.get(request.id);
      if (taken) return taken;
      fake.submitted.push(request);
      const job = newJob(request, now().toISOString());
      fake.jobs.set(request.id, job);
      return job;
    },
    list: async (labels, which) =>
      [...fake.jobs.values()]
        .filter(({ state }) => which !== 'active' || !['done', 'failed', 'cancelled'].includes(state))
        .filter((job) => Object.entries(labels).every(([key, value]) => job.labels[key] === value)),
    cancel: async (id) => {
      const job = fake.jobs.get(id);
      if (!job || ['done', 'failed', 'cancelled'].includes(job.state)) return;
      fake.cancelled.push(id);
      fake.jobs.set(id, { ...job, state: 'cancelled', vendorState: 'CANCELLED' });
    },
    close: async () => undefined,
  };
  return fake;
}

function newJob(request: RemoteJobRequest, at: string): RemoteJob {
  const does = request.args[0];
  const state = does === 'sleep' ? 'running' : does === 'fail' ? 'failed' : 'done';
  return {
    id: request.id,
    state,
    vendorState: { running: 'RUNNING', failed: 'ERROR', done: 'DONE' }[state],
    details: state === 'failed' ? 'Job failed with message [exit code 3].' : '',
    labels: request.labels,
    submittedAt: at,
    stateSince: at,
    driverOutputUri: null,
    link: `https://console.cloud.google.com/dataproc/jobs/${request.id}`,
  };
}
