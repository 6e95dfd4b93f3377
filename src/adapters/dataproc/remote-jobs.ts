import { type protos, v1 } from '@google-cloud/dataproc';
import { LoadError } from '../../pipeline/errors/index.ts';
import type { RemoteJob, RemoteJobRequest, RemoteJobs } from '../../pipeline/ports/index.ts';
import { googleClient } from '../google-client.ts';
import { withRetry } from '../retry.ts';
import {
  CALL,
  classify,
  clientOptions,
  codeOf,
  type DataprocSettings,
  FAILED_PRECONDITION,
  NOT_FOUND,
  orNull,
} from './client.ts';
import { jobState } from './job-state.ts';

type VendorJob = protos.google.cloud.dataproc.v1.IJob;
type Client = v1.JobControllerClient;

const ALREADY_EXISTS = 6;

/** `RemoteJobs` over Dataproc's JobController. */
export function createRemoteJobs(settings: DataprocSettings): RemoteJobs {
  const client = googleClient(() => new v1.JobControllerClient(clientOptions(settings)));
  const where = { projectId: settings.projectId, region: settings.region };
  const retrying = <T>(call: (opened: Client) => Promise<T>) =>
    withRetry(
      async () => call(await client.open()),
      (error) => classify(error, settings),
      { settings: settings.retry },
    );
  const get = (jobId: string) =>
    retrying((opened) =>
      orNull(async () => toRemoteJob((await opened.getJob({ ...where, jobId }, CALL))[0], settings)),
    );
  return {
    get,
    submit: (request) => retrying((opened) => submit(opened, request, settings)),
    list: (labels, which) => retrying((opened) => list(opened, { labels, which }, settings)),
    cancel: (jobId) => retrying((opened) => cancel(opened, { ...where, jobId })),
    close: () => client.close(),
  };
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
    const call = { projectId, region, jobId: request.id };
    const taken = await orNull(async () => (await client.getJob(call, CALL))[0]);
    if (taken) return toRemoteJob(taken, settings);
    const message = `Dataproc in ${region} says that job ${request.id} exists, and does not know it.`;
    throw new LoadError('DATAPROC_UNAVAILABLE', message, { cause: error });
  }
}

/**
 * Page by page: where the client library walks through them itself, a call that fails before it is
 * sent, as of a client that was closed, is rejected in a promise that nobody can catch.
 */
async function list(
  client: Client,
  { labels, which }: { labels: Record<string, string>; which: 'active' | undefined },
  settings: DataprocSettings,
): Promise<RemoteJob[]> {
  const { projectId, region, cluster: clusterName } = settings;
  const terms = Object.entries(labels).map(([key, value]) => `labels.${key} = ${value}`);
  const filter = [...(which === 'active' ? ['status.state = ACTIVE'] : []), ...terms].join(' AND ');
  const found: RemoteJob[] = [];
  for (let pageToken = ''; ; ) {
    const request = { projectId, region, clusterName, filter, pageToken };
    const [jobs, next] = await client.listJobs(request, { ...CALL, autoPaginate: false });
    found.push(...jobs.map((job) => toRemoteJob(job, settings)));
    if (!next?.pageToken) return found;
    pageToken = next.pageToken;
  }
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

function toRemoteJob(job: VendorJob, { projectId, region }: DataprocSettings): RemoteJob {
  const id = job.reference?.jobId ?? '';
  const first = job.statusHistory?.[0] ?? job.status;
  return {
    id,
    ...jobState(job.status),
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
