import type { RemoteJobState } from '../../pipeline/ports/index.ts';

const STATES: Readonly<Record<string, RemoteJobState>> = {
  PENDING: 'pending',
  SETUP_DONE: 'pending',
  RUNNING: 'running',
  CANCEL_PENDING: 'cancelling',
  CANCEL_STARTED: 'cancelling',
  CANCELLED: 'cancelled',
  DONE: 'done',
  ERROR: 'failed',
  // Without restarts, which we do not use, a failed attempt ends as ERROR soon after.
  ATTEMPT_FAILURE: 'running',
};

/**
 * How a job stands, and Dataproc's own word for it. A state that we do not know, or that is
 * missing, is one of a job that has not ended: it is waited for until its deadline. So is a stale
 * one (`STALE_STATUS`: the agent has not been heard of).
 */
export function jobState(status: { state?: unknown; substate?: unknown } | null | undefined): {
  state: RemoteJobState;
  vendorState: string;
} {
  const state = STATES[String(status?.state ?? '')] ?? 'running';
  const substate = String(status?.substate ?? 'UNSPECIFIED');
  const isEnded = ['done', 'failed', 'cancelled'].includes(state);
  const vendorState = `${status?.state ?? 'unknown'}${/QUEUED|STALE_STATUS/.test(substate) ? ` (${substate})` : ''}`;
  return { state: substate === 'QUEUED' && !isEnded ? 'queued' : state, vendorState };
}
