/**
 * The door of its room. One load: its steps, from the spec to the publish, the fence that orders
 * writers, and what is left after a crash.
 */

export { attemptJobs } from './attempt-jobs.ts';
export {
  afterLoadFailure,
  afterRunFailure,
  freshBudget,
  type LoadRetry,
  QUEUE_TRIES,
  queueDelayMs,
  type RunRetry,
} from './budget.ts';
export { cancelLoad } from './cancel-load.ts';
export { forgetCancelled, readCancelled } from './cancelled-load.ts';
export { Superseded } from './fence.ts';
export { forgetMade } from './foreign-columns.ts';
export { checkUnchanged, nothingToAccept, readGuard } from './guard.ts';
export { newestRuns, newestWholeTables } from './known-source.ts';
export type { LoadDeps, LoadOutcome, LoadWatch } from './load-deps.ts';
export { gatherFacts, lastAttempt, readPublish } from './load-facts.ts';
export { publishedRow } from './published-row.ts';
export { findLoad, findReadable, readLoad } from './read-load.ts';
export { restoreUnderFence } from './restore-table.ts';
export { runLoad } from './run-load.ts';
export { settleLoad } from './settle-load.ts';
