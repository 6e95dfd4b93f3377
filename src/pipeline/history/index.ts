export { type LastLoad, lastLoadOf } from './last-load.ts';
export { endedLoads, readLoadEnd, writeLoadEnd } from './load-ends.ts';
export { type AttemptJobs, failedRow, loadRow, supersededRow } from './load-rows.ts';
