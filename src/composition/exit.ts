import type { ErrorCode } from '../pipeline/error-codes.ts';
import { describeError, toLoadError } from '../pipeline/load-error.ts';

const USAGE_CODES: ReadonlySet<ErrorCode> = new Set([
  'CONFIG_INVALID',
  'USAGE',
  'SOURCE_ID_TAKEN',
  'UNKNOWN_TABLE',
  'AMBIGUOUS_TABLE',
]);
const DEPENDENCY_CODES: ReadonlySet<ErrorCode> = new Set([
  'SOURCE_UNREACHABLE',
  'SOURCE_ACCESS_DENIED',
  'DATAPROC_UNAVAILABLE',
  'DATAPROC_DENIED',
  'CLUSTER_MISSING',
  'STAGE_UNAVAILABLE',
  'STAGE_DENIED',
  'BUCKET_MISSING',
  'DESTINATION_UNAVAILABLE',
  'DESTINATION_DENIED',
  'DATASET_LOCATION',
  'SECRET_UNAVAILABLE',
  'REDIS_UNREACHABLE',
]);
const WAIT_CODES: ReadonlySet<ErrorCode> = new Set(['NO_WORKER', 'WAIT_TIMEOUT']);

/** Exit codes (design section 11): 2 usage or configuration, 3 a dependency cannot be reached, 4 waiting ended, else 1. */
export function exitCodeOf(error: unknown): number {
  const { code } = toLoadError(error);
  if (USAGE_CODES.has(code)) return 2;
  if (DEPENDENCY_CODES.has(code)) return 3;
  return WAIT_CODES.has(code) ? 4 : 1;
}

/** The error for people, on standard error. Configuration keeps its list; everything else is one line. */
export function printError(error: unknown): void {
  const known = toLoadError(error);
  const text =
    known.code === 'CONFIG_INVALID' ? `${known.code}: ${known.message}\n${known.hint}` : describeError(known);
  process.stderr.write(`${text}\n`);
  if (known.code === 'UNEXPECTED' && known.cause instanceof Error)
    process.stderr.write(`${known.cause.stack}\n`);
}
