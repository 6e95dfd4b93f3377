import { z } from 'zod';
import { POLICY_CHOICES } from '../../pipeline/mapping/index.ts';

/**
 * What happens to values that BigQuery cannot hold: keys of `policies`, and of a column's own rule.
 */
export const policyKeys = {
  invalidDates: z
    .enum(POLICY_CHOICES.invalidDates)
    .describe(
      'Zero, partial and impossible dates: NULL and counted; a failed load; or the column becomes STRING. Default: nullify.',
    ),
  timeOutOfRange: z
    .enum(POLICY_CHOICES.timeOutOfRange)
    .describe(
      'TIME outside 00:00:00–23:59:59.999999: a failed load; the column becomes STRING; or seconds (INT64, NUMERIC with fractions). Default: error.',
    ),
  bigDecimals: z
    .enum(POLICY_CHOICES.bigDecimals)
    .describe(
      'DECIMAL with more digits than BIGNUMERIC: the column becomes STRING; or BIGNUMERIC, and a value beyond it fails the load. Default: string.',
    ),
};

export const policiesSchema = z
  .strictObject(policyKeys)
  .partial()
  .describe('What happens to values that BigQuery cannot hold; docs/type-mapping.md.');
