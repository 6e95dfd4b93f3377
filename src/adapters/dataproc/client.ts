import { type ChannelCredentials, credentials } from '@grpc/grpc-js';
import { LoadError } from '../../pipeline/errors/index.ts';
import { credentialsError } from '../google-credentials.ts';
import { hostAndPort } from '../host-and-port.ts';
import { messageOf, type RetrySettings } from '../retry.ts';

export interface DataprocSettings {
  projectId: string;
  region: string;
  cluster: string;
  /** Stand-in: `host:port`, plaintext. */
  apiEndpoint?: string | undefined;
  retry?: RetrySettings;
}

/**
 * The client's own retries are off: they would hide an outage for up to fifteen minutes, and ours
 * know which errors are ours.
 */
export const CALL = { timeout: 60_000, retry: { retryCodes: [] } };
export const NOT_FOUND = 5;
export const FAILED_PRECONDITION = 9;
const RESOURCE_EXHAUSTED = 8;

/** "Unable to submit job, cluster 'NAME' is in state STOPPED and cannot accept jobs." */
const CLUSTER_STATE = /cluster .* is in state (\w+) and cannot accept jobs/is;
const STARTING_STATES = new Set(['CREATING', 'STARTING', 'REPAIRING']);

/** Where the clients of Dataproc's controllers connect to. */
export function clientOptions({ region, apiEndpoint }: DataprocSettings): {
  apiEndpoint: string;
  port?: number;
  sslCreds?: ChannelCredentials;
} {
  if (!apiEndpoint) return { apiEndpoint: `${region}-dataproc.googleapis.com` };
  return { ...hostAndPort(apiEndpoint), sslCreds: credentials.createInsecure() };
}

/** The answer, or null where Dataproc says NOT_FOUND. */
export async function orNull<T>(call: () => Promise<T>): Promise<T | null> {
  try {
    return await call();
  } catch (error) {
    if (codeOf(error) === NOT_FOUND) return null;
    throw error;
  }
}

/** The gRPC status code of a vendor's error. */
export function codeOf(error: unknown): number | undefined {
  return (error as { code?: number }).code;
}

/**
 * gRPC status codes: 3 INVALID_ARGUMENT, 5 NOT_FOUND (of the cluster: jobs are handled before), 7
 * PERMISSION_DENIED, 8 RESOURCE_EXHAUSTED, 9 FAILED_PRECONDITION, 12 UNIMPLEMENTED, 16
 * UNAUTHENTICATED.
 */
export function classify(error: unknown, { cluster, region }: DataprocSettings): LoadError {
  const noCredentials = credentialsError(error);
  if (noCredentials) return noCredentials;
  const code = codeOf(error);
  const options = { context: { grpcCode: code }, cause: error };
  const message = `Dataproc in ${region}: ${messageOf(error)}`;
  if (code === NOT_FOUND)
    return new LoadError('CLUSTER_MISSING', `Cluster ${cluster}: ${messageOf(error)}`, options);
  if (code === 7 || code === 16) return new LoadError('DATAPROC_DENIED', message, options);
  if (code === RESOURCE_EXHAUSTED) return new LoadError('DATAPROC_QUOTA', message, options);
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
