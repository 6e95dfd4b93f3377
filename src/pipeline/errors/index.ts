/**
 * The door of its room. What can go wrong: the closed table of codes, each terminal or transient
 * with its hint, and the error that carries one.
 */

export { CRASH_POINTS, type CrashPoint, crashPoints, reached } from './crash-point.ts';
export { ERROR_KINDS, type ErrorCode, isErrorCode } from './error-codes.ts';
export type { ErrorKind } from './error-kind.ts';
export { describeFailure, type Failure, toError, toFailure } from './failure.ts';
export { LoadError, oneLine, toLoadError } from './load-error.ts';
export { classifyMysqlErrno } from './mysql-errno.ts';
export { newerVersion } from './newer-version.ts';
export { restMs, SERVICE_NAMES, SERVICES, type Service, serviceOf, TABLES_IN_A_ROW } from './outages.ts';
