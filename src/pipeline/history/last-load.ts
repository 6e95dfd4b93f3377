import { ERROR_KINDS, type Failure, isErrorCode } from '../errors/index.ts';
import type { HistoryRow } from '../objects/index.ts';
import { failureOfRow } from './row-failure.ts';

/** How the load of a table that ended last has ended, and what that means for the next one. */
export interface LastLoad {
  runId: string;
  status: HistoryRow['status'];
  /** ISO. */
  endedAt: string;
  /** Highest attempt; 0: it ended before there was one. */
  attempts: number;
  /** Null where it did not fail. */
  failure: Failure | null;
  /**
   * It failed for a reason that does not pass by itself: the next load of the same table fails as
   * well, until a person has done something.
   */
  isPermanent: boolean;
  /** It would fail again, and only after a Dataproc job has run. */
  costsJobAgain: boolean;
}

/** What history's row says. An error code that this version does not know counts as passing. */
export function lastLoadOf(row: HistoryRow): LastLoad {
  const code = row.error_code;
  const isPermanent =
    row.status === 'failed' && code !== null && isErrorCode(code) && !ERROR_KINDS[code].isTransient;
  return {
    runId: row.run_id,
    status: row.status,
    endedAt: row.ended_at ?? row.decided_at,
    attempts: row.attempts,
    failure: failureOfRow(row),
    isPermanent,
    costsJobAgain: isPermanent && row.attempts > 0 && row.engine !== 'direct',
  };
}
