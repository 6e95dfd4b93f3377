/** What a job says of itself that was put back for later, be it a run or a load. */
export const WAITING = 'waiting';

/** What the progress of a run says, in its order; docs/architecture.md has the meanings. */
export const RUN_STEPS = ['verify', 'loads', 'finish', WAITING] as const;
export type RunStep = (typeof RUN_STEPS)[number];
