/** What happens to values that MySQL holds and BigQuery cannot (design section 6). */
export interface ColumnPolicies {
  /** Zero and partial dates (`0000-00-00`, `2024-02-31`): NULL and counted; a failed load; or the column becomes STRING. */
  zeroDates: 'nullify' | 'error' | 'string';
  /** TIME outside 00:00:00–23:59:59.999999: a failed load; the column becomes STRING; or seconds (INT64, NUMERIC with fractions). */
  timeOutOfRange: 'error' | 'string' | 'seconds';
  /** DECIMAL with more digits than BIGNUMERIC: the column becomes STRING; or BIGNUMERIC, and a value beyond it fails the load. */
  bigDecimals: 'string' | 'error';
}

export const DEFAULT_POLICIES: ColumnPolicies = {
  zeroDates: 'nullify',
  timeOutOfRange: 'error',
  bigDecimals: 'string',
};
