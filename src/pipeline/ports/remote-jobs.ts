export type RemoteJobState =
  | 'pending'
  | 'queued'
  | 'running'
  | 'cancelling'
  | 'done'
  | 'failed'
  | 'cancelled';

/** A Dataproc job as we need it. */
export interface RemoteJob {
  id: string;
  state: RemoteJobState;
  /** The vendor's own state name, for people: `SETUP_DONE`, `RUNNING`, … */
  vendorState: string;
  /** The vendor's explanation of a failure; may be empty. */
  details: string;
  labels: Record<string, string>;
  /** When the vendor first saw it, ISO. */
  submittedAt: string | null;
  stateSince: string | null;
  /** `gs://…/driveroutput` prefix, once known. */
  driverOutputUri: string | null;
  /** A page where a person sees the job. */
  link: string;
}

/** Whether the job has come to its end, whichever. */
export function hasEnded({ state }: Pick<RemoteJob, 'state'>): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled';
}

export interface RemoteJobRequest {
  id: string;
  requestId: string;
  labels: Record<string, string>;
  /** `gs://` address of the script, its modules and the jars. */
  mainUri: string;
  moduleUris: readonly string[];
  jarUris: readonly string[];
  args: readonly string[];
  properties: Record<string, string>;
}

/**
 * Jobs on the cluster, by name. Transient faults are retried inside; what is left is thrown as
 * `DATAPROC_UNAVAILABLE`, `DATAPROC_QUOTA`, `DATAPROC_DENIED`, `DATAPROC_INVALID`,
 * `CLUSTER_MISSING`, `CLUSTER_STOPPED` or `CLUSTER_STARTING`.
 */
export interface RemoteJobs {
  /**
   * Submits; if the id is taken returns the job that has it (the caller checks that it is ours).
   */
  submit(request: RemoteJobRequest): Promise<RemoteJob>;
  /** null if there is no job of that id. */
  get(id: string): Promise<RemoteJob | null>;
  /** Jobs carrying all these labels; `active`: only those that have not ended. */
  list(labels: Record<string, string>, which?: 'active'): Promise<RemoteJob[]>;
  /**
   * Asks for the end; best effort, the caller polls on. A job that has ended or is gone is no
   * error.
   */
  cancel(id: string): Promise<void>;
  close(): Promise<void>;
}
