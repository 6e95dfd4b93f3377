import { type TableRef, tableKey, tableLabel } from '../names/index.ts';
import type { Capture, Refusal, TextRow } from '../objects/index.ts';
import { rowsOf } from './rows-of.ts';

const SHOWN = 3;
const NOT_TOLD =
  "the server does not tell by whom (GRANT SELECT ON performance_schema.* to MYSQL_USER; on MariaDB: INSTALL SONAME 'metadata_lock_info')";

/** What a table that is locked is refused with, for now: its load looks again. */
export function lockedRefusal(capture: Capture, table: TableRef): Refusal {
  return { code: 'SOURCE_BUSY', message: `${tableLabel(table)} is locked: ${lockHolders(capture, table)}.` };
}

/** Who holds a table, or waits before us, as far as the answers of `lockQueries` tell: one phrase. */
export function lockHolders(capture: Capture, table: TableRef): string {
  const key = tableKey(table);
  const known = [...rowsOf(capture, 'locks'), ...rowsOf(capture, 'locks_mariadb')].filter(
    (row) => tableKey({ schema: row['table_schema'] ?? '', table: row['table_name'] ?? '' }) === key,
  );
  const threads = [...new Map(known.map((row) => [row['thread'], row])).values()];
  if (threads.length > 0) return threads.slice(0, SHOWN).map(holderText).join(', ');
  const waiting = rowsOf(capture, 'locks_waiting');
  if (waiting.length === 0) return NOT_TOLD;
  return `${NOT_TOLD}; on some table of the server waits ${waiting.slice(0, SHOWN).map(threadText).join(', ')}`;
}

function holderText(row: TextRow): string {
  return `${row['lock_status'] === 'PENDING' ? 'waiting for it before us is' : 'held by'} ${threadText(row)}`;
}

function threadText(row: TextRow): string {
  const who = `thread ${row['thread']} of ${row['user']}@${row['host']}`;
  return `${who} (${row['doing']}, ${row['seconds']} s)`;
}
