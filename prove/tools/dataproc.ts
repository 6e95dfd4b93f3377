import { setTimeout as pause } from 'node:timers/promises';
import { type protos, v1 } from '@google-cloud/dataproc';
import { credentials } from '@grpc/grpc-js';

export interface DataprocSettings {
  project: string;
  region: string;
  cluster: string;
  /** Starts every job id. */
  mark: string;
  apiEndpoint: string | null;
  signal: AbortSignal;
}

/** A Dataproc job to submit. */
export interface Submission {
  jobId: string;
  requestId: string;
  mainUri: string;
  jarUris: readonly string[];
  args: readonly string[];
  properties: Record<string, string>;
  labels: Record<string, string>;
}

export type DataprocJob = protos.google.cloud.dataproc.v1.IJob;
export type DataprocTools = ReturnType<typeof createDataprocTools>;

const CALL = { timeout: 60_000, retry: { retryCodes: [] } };
const POLL_MS = { standIn: 200, google: 2_000 };
const ENDED = new Set(['DONE', 'ERROR', 'CANCELLED']);

/** Dataproc's two controllers, without the client's retries. */
export function createDataprocTools(settings: DataprocSettings) {
  const { project: projectId, region, cluster, mark, signal } = settings;
  const where = { projectId, region };
  const jobs = new v1.JobControllerClient(endpoint(settings));
  const clusters = new v1.ClusterControllerClient(endpoint(settings));
  const submitted = new Set<string>();
  let count = 0;
  const get = async (jobId: string): Promise<DataprocJob> =>
    (await jobs.getJob({ ...where, jobId }, CALL))[0];
  return {
    settings,
    /** Fits job ids and request ids (40 characters). */
    newId: () => `${mark}-${++count}`,
    get,
    cluster: async () => (await clusters.getCluster({ ...where, clusterName: cluster }, CALL))[0],
    submit: async (submission: Submission): Promise<DataprocJob> => {
      submitted.add(submission.jobId);
      return (await jobs.submitJob(submitRequest(submission, settings), CALL))[0];
    },
    finish: async (jobId: string, until = signal): Promise<DataprocJob> => {
      for (;;) {
        const job = await get(jobId);
        if (ENDED.has(String(job.status?.state))) return job;
        await pause(settings.apiEndpoint ? POLL_MS.standIn : POLL_MS.google, undefined, {
          signal: until,
        });
      }
    },
    /** Ids of everything that was ever asked for; not all of them became jobs. */
    submitted: (): readonly string[] => [...submitted],
    /** Fails for a job that is not there or has ended. */
    cancel: async (jobId: string) => void (await jobs.cancelJob({ ...where, jobId }, CALL)),
    /** Fails for a job that is not there or has not ended. */
    remove: async (jobId: string) => void (await jobs.deleteJob({ ...where, jobId }, CALL)),
    close: async () => {
      await jobs.close();
      await clusters.close();
    },
  };
}

function submitRequest(submission: Submission, { project: projectId, region, cluster }: DataprocSettings) {
  return {
    projectId,
    region,
    requestId: submission.requestId,
    job: {
      reference: { projectId, jobId: submission.jobId },
      placement: { clusterName: cluster },
      labels: submission.labels,
      pysparkJob: {
        mainPythonFileUri: submission.mainUri,
        jarFileUris: [...submission.jarUris],
        args: [...submission.args],
        properties: submission.properties,
      },
    },
  };
}

/** `host:port` in one option hangs: apart. */
function endpoint({ region, apiEndpoint }: DataprocSettings) {
  if (apiEndpoint === null) return { apiEndpoint: `${region}-dataproc.googleapis.com` };
  const { hostname, port } = new URL(`http://${apiEndpoint}`);
  return { apiEndpoint: hostname, port: Number(port), sslCreds: credentials.createInsecure() };
}
