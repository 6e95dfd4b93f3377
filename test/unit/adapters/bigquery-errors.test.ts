import { expect, it } from 'vitest';
import { classify } from '../../../src/adapters/bigquery/client.ts';

const DENIED = 'DESTINATION_DENIED';
const INVALID = 'DESTINATION_INVALID';
const UNAVAILABLE = 'DESTINATION_UNAVAILABLE';

it.each([
  [400, 'jobBackendError', UNAVAILABLE],
  [400, 'jobInternalError', UNAVAILABLE],
  [400, 'jobRateLimitExceeded', UNAVAILABLE],
  [400, 'tableUnavailable', UNAVAILABLE],
  [400, 'timeout', UNAVAILABLE],
  [400, 'resourcesExceeded', UNAVAILABLE],
  [400, 'invalid', INVALID],
  [400, 'invalidQuery', INVALID],
  [400, 'badRequest', INVALID],
  [400, 'resourceInUse', INVALID],
  [400, '', INVALID],
  [403, 'accessDenied', DENIED],
  [403, 'billingNotEnabled', DENIED],
  [403, 'rateLimitExceeded', UNAVAILABLE],
  [403, 'userRateLimitExceeded', UNAVAILABLE],
  [403, 'quotaExceeded', UNAVAILABLE],
  [404, 'notFound', INVALID],
  [409, 'duplicate', INVALID],
  [412, 'conditionNotMet', INVALID],
  [429, 'rateLimitExceeded', UNAVAILABLE],
  [500, 'internalError', UNAVAILABLE],
  [503, 'backendError', UNAVAILABLE],
])('BigQuery %i %s is %s', (code, reason, expected) => {
  const error = { code, message: 'no', errors: reason === '' ? [] : [{ reason }] };
  expect(classify(error)).toMatchObject({ code: expected, isTransient: expected === UNAVAILABLE });
});
