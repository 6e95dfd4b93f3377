import { invalid, onlyFields, unknown } from './api-error.ts';

/**
 * `formatOptions` of `jobs.query`; of `jobs.getQueryResults` too, where each has a parameter of its
 * own.
 */
export interface FormatOptions {
  /** False unless given. */
  useInt64Timestamp?: boolean;
  /** FLOAT64 unless given. */
  timestampOutputFormat?: string;
}

const FIELDS = ['useInt64Timestamp', 'timestampOutputFormat'];
const UNSPECIFIED = 'TIMESTAMP_OUTPUT_FORMAT_UNSPECIFIED';
/** Java prints a double with an exponent outside these; so does BigQuery (`1.5E9`). */
const [PLAIN_FROM, PLAIN_TO] = [1e-3, 1e7];

/** How TIMESTAMPs are printed, from the text of their microseconds since 1970. */
const FORMATS: Record<string, (micros: string) => string> = {
  INT64: (micros) => micros,
  FLOAT64: (micros) => floatText(Number(micros) / 1e6),
  ISO8601_STRING: isoText,
};

/**
 * The printer of TIMESTAMPs that the options ask for: seconds as a float's text, unless they say
 * otherwise.
 */
export function timestampPrinter(options: FormatOptions = {}): (micros: string) => string {
  onlyFields(options, FIELDS, 'formatOptions');
  const { useInt64Timestamp = false, timestampOutputFormat = UNSPECIFIED } = options;
  const isTold = timestampOutputFormat !== UNSPECIFIED;
  if (isTold && useInt64Timestamp && timestampOutputFormat !== 'INT64')
    throw unknown(`useInt64Timestamp with timestampOutputFormat=${timestampOutputFormat}`);
  const format = FORMATS[isTold ? timestampOutputFormat : useInt64Timestamp ? 'INT64' : 'FLOAT64'];
  if (!format) throw invalid(`Invalid value for timestampOutputFormat: ${timestampOutputFormat}`);
  return format;
}

/** The options as `jobs.getQueryResults` takes them. */
export function formatOptionsOf(query: URLSearchParams): FormatOptions {
  const useInt64 = query.get('formatOptions.useInt64Timestamp');
  const format = query.get('formatOptions.timestampOutputFormat');
  return {
    ...(useInt64 !== null && { useInt64Timestamp: useInt64 === 'true' }),
    ...(format !== null && { timestampOutputFormat: format }),
  };
}

function floatText(value: number): string {
  const size = Math.abs(value);
  const text = String(value);
  if (size === 0 || (size >= PLAIN_FROM && size < PLAIN_TO)) return text.includes('.') ? text : `${text}.0`;
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
}

/** Twelve digits: BigQuery has picoseconds there, a TIMESTAMP of ours six. */
function isoText(micros: string): string {
  const all = BigInt(micros);
  const rest = ((all % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number((all - rest) / 1_000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(rest).padStart(6, '0')}000000Z`;
}
