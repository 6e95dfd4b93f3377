import { type Question, toNumber } from '../question.ts';

/**
 * The open transactions are read a little after UPDATE_TIME, so that a commit in between is seen as
 * open.
 */
const DELAY_MS = 200;

// trx_started is printed in the server's own zone, whatever the session's.
const STARTED = "UNIX_TIMESTAMP(CONVERT_TZ(trx_started, 'SYSTEM', '+00:00'))";
// The hour that a DST night has twice gives one text to two moments: the earlier one counts.
const EARLIEST = `IF(CONVERT_TZ(FROM_UNIXTIME(${STARTED} - 3600), '+00:00', 'SYSTEM') = trx_started, ${STARTED} - 3600, ${STARTED})`;
const oldest = (condition: string) => `CAST(MIN(IF(${condition}, ${EARLIEST}, NULL)) AS CHAR)`;

/**
 * When the oldest open transaction began, and the oldest that has written, in seconds since 1970;
 * null where none is open.
 */
export const openTransactions: Question<{ oldest: number | null; oldestWriter: number | null }, unknown> = {
  name: 'open_transactions',
  isOptional: true,
  delayMs: DELAY_MS,
  sql: () => `SELECT ${oldest('TRUE')} AS oldest_epoch, ${oldest('trx_rows_modified > 0')} AS oldest_writer_epoch
 FROM information_schema.innodb_trx`,
  read: ([row]) => ({
    oldest: toNumber(row?.['oldest_epoch']),
    oldestWriter: toNumber(row?.['oldest_writer_epoch']),
  }),
};
