/**
 * The choices of each policy: what happens to values that MySQL holds and BigQuery cannot
 * (docs/type-mapping.md).
 */
export const POLICY_CHOICES = {
  /**
   * Zero, partial and impossible dates (`0000-00-00`, `2024-00-10`, `2024-02-31`): NULL; a failed
   * load; or the column becomes STRING.
   */
  invalidDates: ['nullify', 'error', 'string'],
  /**
   * TIME outside 00:00:00–23:59:59.999999: a failed load; the column becomes STRING; or seconds
   * (INT64, NUMERIC with fractions).
   */
  timeOutOfRange: ['error', 'string', 'seconds'],
  /**
   * DECIMAL with more digits than BIGNUMERIC: the column becomes STRING; or BIGNUMERIC, and a value
   * beyond it fails the load.
   */
  bigDecimals: ['string', 'error'],
} as const;

/** One choice a policy. */
export type ColumnPolicies = {
  [Key in keyof typeof POLICY_CHOICES]: (typeof POLICY_CHOICES)[Key][number];
};

export const DEFAULT_POLICIES: ColumnPolicies = {
  invalidDates: 'nullify',
  timeOutOfRange: 'error',
  bigDecimals: 'string',
};

/** What configuration says of them; what it leaves out is the default. */
export type PolicyChoices = { [Key in keyof ColumnPolicies]?: ColumnPolicies[Key] | undefined };
