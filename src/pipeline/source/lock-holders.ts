import { LoadError, toFailure } from '../errors/index.ts';
import { type TableRef, tableKey } from '../names/index.ts';
import type { Capture, Refusal } from '../objects/index.ts';
import { answerOf } from './question.ts';
import { type LockHolder, type LockThread, locks, locksMariadb, locksWaiting } from './questions/index.ts';

const SHOWN = 3;
const NOT_TOLD =
  "the server does not tell by whom (GRANT SELECT ON performance_schema.* to MYSQL_USER; on MariaDB: INSTALL SONAME 'metadata_lock_info')";

/** What a table that is locked is refused with, for now: its load looks again. */
export function lockedRefusal(capture: Capture, table: TableRef): Refusal {
  const message = `The table is locked: ${lockHolders(capture, table)}.`;
  return toFailure(new LoadError('SOURCE_BUSY', message), table);
}

/** Who holds a table, or waits before us, as far as the server tells: one phrase. */
export function lockHolders(capture: Capture, table: TableRef): string {
  const key = tableKey(table);
  const known = [...answerOf(capture, locks), ...answerOf(capture, locksMariadb)].filter(
    (holder) => tableKey(holder.table) === key,
  );
  const threads = [...new Map(known.map((holder) => [holder.id, holder])).values()];
  if (threads.length > 0) return threads.slice(0, SHOWN).map(holderText).join(', ');
  const waiting = answerOf(capture, locksWaiting);
  if (waiting.length === 0) return NOT_TOLD;
  return `${NOT_TOLD}; on some table of the server waits ${waiting.slice(0, SHOWN).map(threadText).join(', ')}`;
}

function holderText(holder: LockHolder): string {
  return `${holder.isWaiting ? 'waiting for it before us is' : 'held by'} ${threadText(holder)}`;
}

function threadText({ id, user, host, doing, seconds }: LockThread): string {
  return `thread ${id} of ${user}@${host} (${doing}, ${seconds} s)`;
}
