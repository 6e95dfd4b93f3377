import { Storage } from '@google-cloud/storage';
import { LoadError } from '../../pipeline/errors/index.ts';
import { credentialsError } from '../google-credentials.ts';
import { messageOf, type RetrySettings } from '../retry.ts';

export interface GcsSettings {
  projectId: string;
  bucket: string;
  /** Stand-in: `host:port` or an http address. */
  apiEndpoint?: string | undefined;
  /** Variables such as HTTPS_PROXY. The library reads them by itself, our calls do not. */
  proxy?: Record<string, string | undefined>;
  retry?: RetrySettings;
}

/** A client whose own retries are off: ours know which errors are ours. */
export function createStorage({ projectId, apiEndpoint }: GcsSettings): Storage {
  const retryOptions = { autoRetry: false };
  if (!apiEndpoint) return new Storage({ projectId, retryOptions });
  const address = apiEndpoint.startsWith('http') ? apiEndpoint : `http://${apiEndpoint}`;
  return new Storage({ projectId, apiEndpoint: address, useAuthWithCustomEndpoint: false, retryOptions });
}

/** The HTTP status of the client's error. */
export function statusOf(error: unknown): number | undefined {
  const { code } = error as { code?: unknown };
  return code === undefined || Number.isNaN(Number(code)) ? undefined : Number(code);
}

/**
 * HTTP errors by status; what is not there is the bucket, because a missing object is handled
 * before.
 */
export function classify(error: unknown, bucket: string): LoadError {
  const credentials = credentialsError(error);
  if (credentials) return credentials;
  const status = statusOf(error);
  const message = `gs://${bucket}: ${messageOf(error)}`;
  const options = { context: { status }, cause: error };
  if (status === 401 || status === 403) return new LoadError('STAGE_DENIED', message, options);
  if (status === 404) return new LoadError('BUCKET_MISSING', message, options);
  return new LoadError('STAGE_UNAVAILABLE', message, options);
}
