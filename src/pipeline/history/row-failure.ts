import { describeFailure, ERROR_KINDS, type Failure, isErrorCode } from '../errors/index.ts';
import type { HistoryRow } from '../objects/index.ts';

/**
 * The failure that a history row tells of; null where it tells of none. Its hint is that of its
 * code.
 */
export function failureOfRow(row: HistoryRow): Failure | null {
  const { error_code: code, error_message: message } = row;
  if (code === null) return null;
  const hint = isErrorCode(code) ? ERROR_KINDS[code].hint : ERROR_KINDS.NEWER_VERSION.hint;
  const table = { schema: row.schema_name, table: row.table_name };
  return { code, message: message ?? '', hint, table, link: null };
}

/**
 * What a history row says of an error, or of what came before, in one line for people; null where
 * it says nothing.
 */
export function errorTextOf(row: HistoryRow): string | null {
  const failure = failureOfRow(row);
  return failure ? describeFailure(failure) : row.error_message;
}
