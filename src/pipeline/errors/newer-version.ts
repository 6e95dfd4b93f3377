import type { z } from 'zod';
import { LoadError } from './load-error.ts';

/**
 * `NEWER_VERSION` where a schema refused something because its `version` is higher than any that
 * the schema knows; null where that is not why. During a rolling upgrade it is no fault: who is
 * newer can read it. `what` begins the message.
 */
export function newerVersion(what: string, value: unknown, error: z.ZodError): LoadError | null {
  const version = (value as { version?: unknown } | null)?.version;
  const issue = error.issues.find(({ path }) => path.length === 1 && path[0] === 'version');
  if (!Number.isSafeInteger(version) || issue?.code !== 'invalid_value') return null;
  const newest = Math.max(...issue.values.map(Number));
  if (Number(version) <= newest) return null;
  return new LoadError(
    'NEWER_VERSION',
    `${what} is of version ${version}; this program reads up to ${newest}.`,
  );
}
