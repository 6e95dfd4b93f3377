import type { UpdateTime } from '../objects/index.ts';
import type { ServerFacts } from './server.ts';

/** One table's stamp as read. */
export interface Stamp {
  /** UPDATE_TIME as text; null where the server has none. */
  at: string | null;
  /** The same in seconds since 1970. */
  epoch: number | null;
  /** CREATE_TIME in seconds since 1970; null where the server has none. */
  createEpoch: number | null;
  /** The server's clock in the same statement, seconds since 1970. */
  serverEpoch: number;
  isInnodb: boolean;
  /** Bytes of data and indexes; InnoDB never says 0 of a table that it has opened. */
  bytes: number | null;
  /** Why the server could not look; null where it could. */
  gap: 'locked' | 'no_signal' | null;
}

/**
 * What a stamp proves (docs/verify.md). Where the server could not open the table, nothing: the
 * NULL is its own. On a reader nothing: others write. Known: settled, and no transaction that
 * counts was open when it was set (plus the second it may be rounded by). On MariaDB the stamp is
 * the *start* of the last transaction to commit, so without sight of open transactions nothing is
 * known there. NULL means "not written since boot" only where nothing can have been evicted, and
 * where boot and CREATE_TIME are settled too: an instant ALTER and a restart make a stamp NULL
 * again, and within the same second nothing else would tell.
 */
export function judgeUpdateTime(stamp: Stamp, server: ServerFacts, settleSeconds: number): UpdateTime {
  const { at, epoch } = stamp;
  if (stamp.gap) return { state: 'unknown', why: stamp.gap, at: null };
  if (server.isReader) return { state: 'unknown', why: 'no_signal', at };
  if (at === null || epoch === null) {
    // The warning that names the lock may be lost: a server may keep none (max_error_count, which
    // MySQL lets nobody set).
    if (!stamp.isInnodb || stamp.bytes === 0) return { state: 'unknown', why: 'no_signal', at: null };
    if (!server.holdsWholeDictionary) return { state: 'unknown', why: 'evicted_or_restarted', at: null };
    const since = Math.max(stamp.createEpoch ?? stamp.serverEpoch, Number(server.bootEpoch));
    return stamp.serverEpoch - since < settleSeconds
      ? { state: 'unknown', why: 'recent', at: null }
      : { state: 'unwritten_since_boot' };
  }
  if (stamp.serverEpoch - epoch < settleSeconds) return { state: 'unknown', why: 'recent', at };
  if (!server.seesTransactions) {
    return server.trustsSettleRule
      ? { state: 'known', at }
      : { state: 'unknown', why: 'open_transaction', at };
  }
  const isOpen = server.oldestTransaction !== null && server.oldestTransaction <= epoch + 1;
  return isOpen ? { state: 'unknown', why: 'open_transaction', at } : { state: 'known', at };
}
