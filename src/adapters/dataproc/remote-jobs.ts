import { type protos, v1 } from '@google-cloud/dataproc';
import { credentials } from '@grpc/grpc-js';
import { LoadError } from '../../pipeline/load-error.ts';
import type {
  RemoteJob,
  RemoteJobRequest,
  RemoteJobState,
  RemoteJobs,
} from '../../pipeline/ports/remote-jobs.ts';
import { credentialsError } from '../google-credentials.ts';
import { hostAndPort } from '../host-and-port.ts';
import { messageOf, type RetrySettings, withRetry } from '../retry.ts';

type VendorJob = protos.google.cloud.dataproc.v1.IJob;
type Client = v1.JobControllerClient;

export interface DataprocSettings {
  projectId: string;
  region: string;
  cluster: string;
  /** Stand-in: `host:port`, plaintext. */
  apiEndpoint?: string | undefined;
  retry?: RetrySettings;
}

/** The client's own retries are off: they would hide an outage for up to fifteen minutes, and ours know which errors are ours. */
const CALL = { timeout: 60_000, retry: { retryCodes: [] } };
const ALREADY_EXISTS = 6;
const NOT_FOUND = 5;
const FAILED_PRECONDITION = 9;

/** "Unable to submit job, cluster 'NAME' is in state STOPPED and cannot accept jobs." */
const CLUSTER_STATE = /cluster .* is in state (\w+) and cannot accept jobs/is;
const STARTING_STATES = new Set(['CREATING', 'STARTING', 'UPDATING', 'REPAIRING']);

const STATES: Record<string, RemoteJobState> = {
  PENDING: 'pending',
  SETUP_DONE: 'pending',
  RUNNING: 'running',
  CANCEL_PENDING: 'cancelling',
  CANCEL_STARTED: 'cancelling',
  CANCELLED: 'cancelled',
  DONE: 'done',
  ERROR: 'failed',
  // Without restarts, which we do not use, a failed attempt ends as ERROR soon after.
  ATTEMPT_FAILURE: 'running',
};

/** `RemoteJobs` over Dataproc's JobController. */
export function createRemoteJobs(settings: DataprocSettings): RemoteJobs {
  const client = createClient(settings);
  const where = { projectId: settings.projectId, region: settings.region };
  const retrying = <T>(call: () => Promise<T>) =>
    withRetry(call, (error) => classify(error, settings), { settings: settings.retry });
  const get = (jobId: string) =>
    retrying(() =>
      orNull(async () => toRemoteJob((await client.getJob({ ...where, jobId }, CALL))[0], settings)),
    );
  return {
    get,
    submit: (request) => retrying(() => submit(client, request, settings)),
    list: (labels) => retrying(() => list(client, labels, settings)),
    cancel: (jobId) => retrying(() => cancel(client, { ...where, jobId })),
    close: () => client.close(),
  };
}

function createClient({ region, apiEndpoint }: DataprocSettings): Client {
  if (!apiEndpoint) return new v1.JobControllerClient({ apiEndpoint: `${region}-dataproc.googleapis.com` });
  return new v1.JobControllerClient({
    ...hostAndPort(apiEndpoint),
    sslCreds: credentials.createInsecure(),
  });
}

async function submit(
  client: Client,
  request: RemoteJobRequest,
  settings: DataprocSettings,
): Promise<RemoteJob> {
  const { projectId, region, cluster } = settings;
  try {
    const [job] = await client.submitJob(
      {
        projectId,
        region,
        requestId: request.requestId,
        job: {
          reference: { projectId, jobId: request.id },
          placement: { clusterName: cluster },
          labels: request.labels,
          pysparkJob: {
            mainPythonFileUri: request.mainUri,
            pythonFileUris: [...request.moduleUris],
            jarFileUris: [...request.jarUris],
            args: [...request.args],
            properties: request.properties,
          },
        },
      },
      CALL,
    );
    return toRemoteJob(job, settings);
  } catch (error) {
    if (codeOf(error) !== ALREADY_EXISTS) throw error;
    const [job] = await client.getJob({ projectId, region, jobId: request.id }, CALL);
    return toRemoteJob(job, settings);
  }
}

async function list(
  client: Client,
  labels: Record<string, string>,
  settings: DataprocSettings,
): Promise<RemoteJob[]> {
  const filter = Object.entries(labels)
    .map(([key, value]) => `labels.${key} = ${value}`)
    .join(' AND ');
  const [jobs] = await client.listJobs(
    {
      projectId: settings.projectId,
      region: settings.region,
      clusterName: settings.cluster,
      filter,
    },
    CALL,
  );
  return jobs.map((job) => toRemoteJob(job, settings));
}

/** A job that is gone or has ended needs no cancelling. */
async function cancel(
  client: Client,
  job: { projectId: string; region: string; jobId: string },
): Promise<void> {
  try {
    await client.cancelJob(job, CALL);
  } catch (error) {
    const code = codeOf(error);
    if (code !== NOT_FOUND && code !== FAILED_PRECONDITION) throw error;
  }
}

async function orNull<T>(call: () => Promise<T>): Promise<T | null> {
  try {
    return await call();
  } catch (error) {
    if (codeOf(error) === NOT_FOUND) return null;
    throw error;
  }
}

function toRemoteJob(job: VendorJob, { projectId, region }: DataprocSettings): RemoteJob {
  const id = job.reference?.jobId ?? '';
  const vendorState = String(job.status?.state ?? '');
  const isQueued = job.status?.substate === 'QUEUED';
  const first = job.statusHistory?.[0] ?? job.status;
  return {
    id,
    state: isQueued ? 'queued' : (STATES[vendorState] ?? 'running'),
    vendorState: isQueued ? `${vendorState} (QUEUED)` : vendorState,
    details: job.status?.details ?? '',
    labels: (job.labels ?? {}) as Record<string, string>,
    submittedAt: toIso(first?.stateStartTime),
    stateSince: toIso(job.status?.stateStartTime),
    driverOutputUri: job.driverOutputResourceUri || null,
    link: `https://console.cloud.google.com/dataproc/jobs/${id}?region=${region}&project=${projectId}`,
  };
}

function toIso(time: protos.google.protobuf.ITimestamp | null | undefined): string | null {
  return time
    ? new Date(Number(time.seconds) * 1_000 + Math.floor(Number(time.nanos ?? 0) / 1e6)).toISOString()
    : null;
}

function codeOf(error: unknown): number | undefined {
  return (error as { code?: number }).code;
}

/** gRPC status codes: 3 INVALID_ARGUMENT, 5 NOT_FOUND (of the cluster: jobs are handled before), 7 PERMISSION_DENIED, 9 FAILED_PRECONDITION, 12 UNIMPLEMENTED, 16 UNAUTHENTICATED. */
function classify(error: unknown, { cluster, region }: DataprocSettings): LoadError {
  const noCredentials = credentialsError(error);
  if (noCredentials) return noCredentials;
  const code = codeOf(error);
  const options = { context: { grpcCode: code }, cause: error };
  const message = `Dataproc in ${region}: ${messageOf(error)}`;
  if (code === NOT_FOUND)
    return new LoadError('CLUSTER_MISSING', `Cluster ${cluster}: ${messageOf(error)}`, options);
  if (code === 7 || code === 16) return new LoadError('DATAPROC_DENIED', message, options);
  const state = code === FAILED_PRECONDITION ? CLUSTER_STATE.exec(messageOf(error))?.[1] : undefined;
  if (state)
    return new LoadError(
      STARTING_STATES.has(state) ? 'CLUSTER_STARTING' : 'CLUSTER_STOPPED',
      message,
      options,
    );
  if (code === 3 || code === FAILED_PRECONDITION || code === 12)
    return new LoadError('DATAPROC_INVALID', message, options);
  return new LoadError('DATAPROC_UNAVAILABLE', message, options);
}
