import { describe, expect, it } from 'vitest';
import { classify } from '../../../src/adapters/dataproc/client.ts';
import { jobState } from '../../../src/adapters/dataproc/job-state.ts';

describe('the state of a Dataproc job', () => {
  it.each([
    [{ state: 'PENDING' }, 'pending', 'PENDING'],
    [{ state: 'PENDING', substate: 'QUEUED' }, 'queued', 'PENDING (QUEUED)'],
    [{ state: 'SETUP_DONE' }, 'pending', 'SETUP_DONE'],
    [{ state: 'RUNNING', substate: 'UNSPECIFIED' }, 'running', 'RUNNING'],
    // The agent has not been heard of: the job may run, and is waited for until its deadline.
    [{ state: 'RUNNING', substate: 'STALE_STATUS' }, 'running', 'RUNNING (STALE_STATUS)'],
    [{ state: 'RUNNING', substate: 'QUEUED' }, 'queued', 'RUNNING (QUEUED)'],
    [{ state: 'ATTEMPT_FAILURE' }, 'running', 'ATTEMPT_FAILURE'],
    [{ state: 'CANCEL_PENDING' }, 'cancelling', 'CANCEL_PENDING'],
    [{ state: 'CANCEL_STARTED' }, 'cancelling', 'CANCEL_STARTED'],
    [{ state: 'CANCELLED' }, 'cancelled', 'CANCELLED'],
    [{ state: 'CANCELLED', substate: 'QUEUED' }, 'cancelled', 'CANCELLED (QUEUED)'],
    [{ state: 'DONE' }, 'done', 'DONE'],
    [{ state: 'ERROR' }, 'failed', 'ERROR'],
    [{ state: 'SOMETHING_NEW' }, 'running', 'SOMETHING_NEW'],
    [{ state: 'STATE_UNSPECIFIED' }, 'running', 'STATE_UNSPECIFIED'],
    [null, 'running', 'unknown'],
  ] as const)('%j is %s', (status, state, vendorState) => {
    expect(jobState(status)).toEqual({ state, vendorState });
  });
});

describe('an error of Dataproc', () => {
  const refused = (state: string) =>
    `Unable to submit job, cluster 'c' is in state ${state} and cannot accept jobs.`;
  const where = { projectId: 'p', region: 'r', cluster: 'c' };

  it.each([
    ['INVALID_ARGUMENT', 3, 'no such label', 'DATAPROC_INVALID', false],
    ['DEADLINE_EXCEEDED', 4, 'too late', 'DATAPROC_UNAVAILABLE', true],
    ['NOT_FOUND: of the cluster', 5, 'no cluster', 'CLUSTER_MISSING', false],
    ['PERMISSION_DENIED', 7, 'no', 'DATAPROC_DENIED', false],
    ['RESOURCE_EXHAUSTED', 8, 'SubmitJob requests per minute', 'DATAPROC_QUOTA', true],
    ['FAILED_PRECONDITION: the cluster is stopped', 9, refused('STOPPED'), 'CLUSTER_STOPPED', false],
    ['FAILED_PRECONDITION: it is being deleted', 9, refused('DELETING'), 'CLUSTER_STOPPED', false],
    ['FAILED_PRECONDITION: it is broken', 9, refused('ERROR'), 'CLUSTER_STOPPED', false],
    ['FAILED_PRECONDITION: it starts', 9, refused('STARTING'), 'CLUSTER_STARTING', true],
    ['FAILED_PRECONDITION: it is being made', 9, refused('CREATING'), 'CLUSTER_STARTING', true],
    ['FAILED_PRECONDITION of something else', 9, 'something else', 'DATAPROC_INVALID', false],
    ['INTERNAL', 13, 'oops', 'DATAPROC_UNAVAILABLE', true],
    ['UNAVAILABLE', 14, 'away', 'DATAPROC_UNAVAILABLE', true],
    ['UNAUTHENTICATED', 16, 'who?', 'DATAPROC_DENIED', false],
    ['a code that we do not know', 99, 'new', 'DATAPROC_UNAVAILABLE', true],
  ] as const)('%s', (_, grpcCode, message, code, isTransient) => {
    const error = Object.assign(new Error(message), { code: grpcCode });
    expect(classify(error, where)).toMatchObject({ code, isTransient });
  });
});
