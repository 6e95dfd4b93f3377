/** The door of its room. How loads have ended: their rows, and the ends that the bucket keeps. */

export { type LastLoad, lastLoadOf } from './last-load.ts';
export { endedLoads, readLoadEnd, writeLoadEnd } from './load-ends.ts';
export { type AttemptJobs, failedRow, loadRow, supersededRow } from './load-rows.ts';
export { errorTextOf } from './row-failure.ts';
