import { BigQuery } from '@google-cloud/bigquery';
import { LoadError } from '../../pipeline/errors/index.ts';
import { credentialsError } from '../google-credentials.ts';
import { messageOf, type RetrySettings, withRetry } from '../retry.ts';

export interface BigQuerySettings {
  projectId: string;
  /** Part of every call; a job is only found with it. */
  location: string;
  /** Stand-in: `host:port` or an http address. */
  emulatorHost?: string | undefined;
  retry?: RetrySettings;
}

/**
 * A client whose own retries are off: a retry of its own may answer 409 or hand back a job as new.
 */
export function createClient({ projectId, location, emulatorHost }: BigQuerySettings): BigQuery {
  const common = { projectId, location, autoRetry: false, maxRetries: 0 };
  if (!emulatorHost) return new BigQuery(common);
  return new BigQuery({
    ...common,
    apiEndpoint: emulatorHost.startsWith('http') ? emulatorHost : `http://${emulatorHost}`,
  });
}

interface RestRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the project, such as `/jobs`. */
  uri: string;
  json?: unknown;
  qs?: Record<string, string>;
  /** Only if what is there still has this etag: 412 otherwise. */
  etag?: string;
}

/** One REST call with the client's authentication; throws the vendor's error. */
export function restCall<T>(client: BigQuery, { etag, ...request }: RestRequest): Promise<T> {
  // The body's etag says it to the stand-in; BigQuery heeds the header.
  const conditional = etag && { headers: { 'If-Match': etag }, json: { ...(request.json as object), etag } };
  return new Promise((resolve, reject) => {
    client.request({ ...request, ...conditional } as never, (error: Error | null, body: unknown) =>
      error ? reject(error) : resolve(body as T),
    );
  });
}

export interface VendorError {
  code?: number | string;
  message?: string;
  errors?: { reason?: string; message?: string }[];
}

/**
 * BigQuery's reasons that the same request will meet again. Everything else is transient, with
 * bounded tries; so is what a job did not find, because a dataset or table that was just made may
 * be unknown for a moment.
 */
const TERMINAL_REASONS = new Set([
  'invalid',
  'invalidQuery',
  'invalidUser',
  'accessDenied',
  'duplicate',
  'notImplemented',
  'responseTooLarge',
  'billingNotEnabled',
  'billingTierLimitExceeded',
  'blocked',
  'conditionNotMet',
  'resourceInUse',
  'badRequest',
  'parseError',
]);

/** Whether trying again under another id can help. */
export function isTransientReason(reason: string): boolean {
  return !TERMINAL_REASONS.has(reason);
}

export function statusOf(error: unknown): number | undefined {
  const { code } = error as VendorError;
  return code === undefined || Number.isNaN(Number(code)) ? undefined : Number(code);
}

/** REST errors by status and reason. */
export function classify(error: unknown): LoadError {
  const credentials = credentialsError(error);
  if (credentials) return credentials;
  const status = statusOf(error);
  const reason = (error as VendorError).errors?.[0]?.reason ?? '';
  const message = `BigQuery: ${messageOf(error)}`;
  const options = { context: { status, reason }, cause: error };
  // Limits come with 403, and BigQuery's own faults with 400 too (jobBackendError,
  // tableUnavailable, timeout …).
  const isLimit = /(rateLimit|quota)Exceeded$/i.test(reason);
  if (isLimit || (status === 400 && reason !== '' && isTransientReason(reason)))
    return new LoadError('DESTINATION_UNAVAILABLE', message, options);
  if (status === 401 || status === 403) return new LoadError('DESTINATION_DENIED', message, options);
  if (status === 400 || status === 404 || status === 409 || status === 412 || status === 501)
    return new LoadError('DESTINATION_INVALID', message, options);
  return new LoadError('DESTINATION_UNAVAILABLE', message, options);
}

/** Calls BigQuery, classified and retried. */
export function retrying<T>(settings: BigQuerySettings, call: () => Promise<T>): Promise<T> {
  return withRetry(call, classify, { settings: settings.retry });
}

/** Calls for something that was there or made a moment ago: 404 is tried again. */
export async function knownSoon<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    throw new LoadError('DESTINATION_UNAVAILABLE', `BigQuery: ${messageOf(error)}`, { cause: error });
  }
}

/** The answer, or null where BigQuery says 404. */
export async function orNull<T>(call: () => Promise<T>): Promise<T | null> {
  try {
    return await call();
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}
