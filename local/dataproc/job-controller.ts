import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import type { JobRunner } from './job-runner.ts';
import { type JobStore, newStatus, type StoredJob } from './job-store.ts';
import { invalid, notFound, RpcError } from './rpc-error.ts';
import type { WireJob } from './service.ts';
import { checkLabels, checkPlace, checkSubmission, type Place, parseFilter } from './validation.ts';

interface JobName {
  projectId: string;
  region: string;
  jobId: string;
}

const DEFAULT_PAGE_SIZE = 100;

/** The calls of JobController, as functions from request to answer; errors are `RpcError`s. */
export function jobController(
  store: JobStore,
  runner: JobRunner,
  place: Place & { bucket: string; clusterState(): string },
) {
  const find = (request: JobName): StoredJob => {
    checkPlace(request, place);
    const stored = store.get(request.jobId);
    if (!stored)
      throw notFound(`Job projects/${place.project}/regions/${place.region}/jobs/${request.jobId}`);
    return stored;
  };
  return {
    submitJob: (request: { projectId: string; region: string; requestId: string; job: WireJob }) => {
      checkPlace(request, place);
      return submit(request, { store, place });
    },
    getJob: (request: JobName) => find(request).job,
    listJobs: (request: {
      projectId: string;
      region: string;
      pageSize: number;
      pageToken: string;
      clusterName: string;
      jobStateMatcher: string;
      filter: string;
    }) => {
      checkPlace(request, place);
      return list(request, store);
    },
    updateJob: (request: JobName & { job: WireJob; updateMask: { paths: string[] } }) => {
      const stored = find(request);
      if (request.updateMask?.paths.join() !== 'labels') throw invalid('Only labels can be updated.');
      checkLabels(request.job.labels);
      stored.job.labels = request.job.labels;
      store.save(stored);
      return stored.job;
    },
    cancelJob: (request: JobName) => {
      const stored = find(request);
      if (stored.job.done)
        throw new RpcError(
          status.FAILED_PRECONDITION,
          `Job ${request.jobId} has ended: ${stored.job.status.state}.`,
        );
      if (!stored.job.status.state.startsWith('CANCEL')) runner.cancel(stored);
      return stored.job;
    },
    deleteJob: (request: JobName) => {
      const stored = find(request);
      if (!stored.job.done) throw new RpcError(status.FAILED_PRECONDITION, `Job ${request.jobId} is active.`);
      store.remove(request.jobId);
      return {};
    },
  };
}

/** The words of the real one (NVIDIA/cuml-spark#406). */
function checkCluster({ cluster, clusterState }: Place & { clusterState(): string }): void {
  const state = clusterState();
  if (state !== 'RUNNING' && state !== 'UPDATING')
    throw new RpcError(
      status.FAILED_PRECONDITION,
      `Unable to submit job, cluster '${cluster}' is in state ${state} and cannot accept jobs.`,
    );
}

/**
 * The same request id gives the first job again, even one that has ended; a taken job id is
 * refused.
 */
function submit(
  { job, requestId }: { job: WireJob; requestId: string },
  { store, place }: { store: JobStore; place: Place & { bucket: string; clusterState(): string } },
): WireJob {
  checkSubmission(job, requestId, place);
  checkCluster(place);
  const replayed =
    requestId === '' ? undefined : store.all().find((stored) => stored.requestId === requestId);
  if (replayed) return replayed.job;
  const jobId = job.reference?.jobId || randomUUID();
  if (store.get(jobId)) throw new RpcError(status.ALREADY_EXISTS, `Already exists: Job ${jobId}`);
  const jobUuid = randomUUID();
  const folder = `gs://${place.bucket}/google-cloud-dataproc-metainfo/${jobUuid}/jobs/${jobId}/`;
  const made: WireJob = {
    ...job,
    reference: { projectId: place.project, jobId },
    status: newStatus('PENDING'),
    statusHistory: [],
    jobUuid,
    driverControlFilesUri: folder,
    driverOutputResourceUri: `${folder}driveroutput`,
    done: false,
  };
  store.save({ job: made, requestId, pid: null, outputBytes: 0, outputChunks: 0 });
  return made;
}

function list(
  request: {
    pageSize: number;
    pageToken: string;
    clusterName: string;
    jobStateMatcher: string;
    filter: string;
  },
  store: JobStore,
): { jobs: WireJob[]; nextPageToken: string } {
  const matches = parseFilter(request.filter);
  const isWanted = (job: WireJob) => {
    if (request.clusterName && job.placement.clusterName !== request.clusterName) return false;
    if (request.jobStateMatcher === 'ACTIVE' && job.done) return false;
    return !(request.jobStateMatcher === 'NON_ACTIVE' && !job.done);
  };
  const found = store
    .all()
    .map(({ job }) => job)
    .filter((job) => isWanted(job) && matches(job));
  const start = Number(request.pageToken || 0);
  const end = start + (request.pageSize || DEFAULT_PAGE_SIZE);
  return { jobs: found.slice(start, end), nextPageToken: end < found.length ? String(end) : '' };
}
