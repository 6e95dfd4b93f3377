import type { UpdateTime } from '../objects/signature.ts';
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
}

/**
 * What a stamp proves (docs/verify.md). On a reader nothing: others write. Known: settled, and no transaction that counts was open when it was set (plus
 * the second it may be rounded by). On MariaDB the stamp is the *start* of the last transaction to commit, so without
 * sight of open transactions nothing is known there. NULL means "not written since boot" only where nothing can have
 * been evicted, and where boot and CREATE_TIME are settled too: an instant ALTER and a restart make a stamp NULL again, and
 * within the same second nothing else would tell.
 */
export function judgeUpdateTime(stamp: Stamp, server: ServerFacts, settleSeconds: number): UpdateTime {
  const { at, epoch } = stamp;
  if (server.isReader) return { state: 'unknown', why: 'no_signal', at };
  if (at === null || epoch === null) {
    if (!stamp.isInnodb) return { state: 'unknown', why: 'no_signal', at: null };
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
