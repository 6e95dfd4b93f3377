/** An answer that is an error, in BigQuery's shape. */
export class ApiError extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

export const invalid = (message: string) => new ApiError(400, 'invalid', message);
export const notFound = (what: string) => new ApiError(404, 'notFound', `Not found: ${what}`);
export const duplicate = (what: string) => new ApiError(409, 'duplicate', `Already Exists: ${what}`);
/**
 * What the stand-in does not know must fail loudly: silence would teach us something false about
 * BigQuery.
 */
export const unknown = (what: string) =>
  new ApiError(501, 'notImplemented', `The BigQuery stand-in does not know ${what}.`);

/** Refuses fields that the stand-in does not look at. */
export function onlyFields(object: object, known: readonly string[], what: string): void {
  const extra = Object.entries(object).filter(([key, value]) => value !== undefined && !known.includes(key));
  if (extra.length > 0) throw unknown(`${what}.${extra.map(([key]) => key).join(', ')}`);
}
