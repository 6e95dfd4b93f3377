import type { Intent, Published, StateObject } from '../objects/index.ts';
import type { PublishJob } from '../ports/index.ts';

/** What the fence says to somebody who wants to write. */
export type Verdict =
  | { is: 'free' }
  /** The destination has rows that were read after this one's load was decided. */
  | { is: 'superseded'; by: Published }
  /** Nobody knows which rows are newer: they are read again. */
  | { is: 'overtaken'; by: Published };

/**
 * Whether an attempt may write over what has been published. Tickets are taken before the first
 * read, so the greater one's rows are newer than the other's decision; they are newer than the
 * other's rows only if those were whole before the ticket was taken. Pure.
 */
export function judge({ published }: StateObject, want: Pick<Intent, 'ticket' | 'attemptId'>): Verdict {
  if (!published || published.attemptId === want.attemptId) return { is: 'free' };
  if (want.ticket < published.ticket)
    return { is: published.isPutBack ? 'overtaken' : 'superseded', by: published };
  if (want.ticket > published.asOf) return { is: 'free' };
  // Attempts of an older version have no ticket; the lease alone kept them apart.
  return want.ticket === 0 ? { is: 'free' } : { is: 'overtaken', by: published };
}

/**
 * The state once its intent is over. `job`: what has written, or null where nothing has and nothing
 * will. Pure.
 */
export function afterIntent(state: StateObject, job: PublishJob | null): StateObject {
  const { intent } = state;
  if (!intent || !job) return { ...state, intent: null };
  const { ticket, asOf, attemptId, kind } = intent;
  const isPutBack = kind === 'put-back';
  const { outputRows: rows, endedAt } = job;
  return {
    ...state,
    intent: null,
    published: { ticket, asOf, attemptId, job: job.id, rows: isPutBack ? null : rows, endedAt, isPutBack },
  };
}

/**
 * The ticket after which whoever reads has newer rows than this attempt: fixed when it first wanted
 * to write. Pure.
 */
export function asOfFor({ ticket, intent, published }: StateObject, attemptId: string): number {
  const before = [intent, published].find((one) => one?.attemptId === attemptId);
  return before?.asOf ?? ticket;
}
