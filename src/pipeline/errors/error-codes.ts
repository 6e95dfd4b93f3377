import type { ErrorKind } from './error-kind.ts';
import { GOOGLE_ERRORS } from './google-errors.ts';
import { PUBLISH_ERRORS } from './publish-errors.ts';
import { QUEUE_ERRORS } from './queue-errors.ts';
import { ROWS_ERRORS } from './rows-errors.ts';
import { SOURCE_ERRORS } from './source-errors.ts';
import { USE_ERRORS } from './use-errors.ts';

/** The one table of error codes, by area. `docs/errors.md` is generated from it. */
export const ERROR_KINDS = {
  ...USE_ERRORS,
  ...SOURCE_ERRORS,
  ...ROWS_ERRORS,
  ...GOOGLE_ERRORS,
  ...PUBLISH_ERRORS,
  ...QUEUE_ERRORS,
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_KINDS;

/** True where `code` is one of ours. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_KINDS, code);
}
