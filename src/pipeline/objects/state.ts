import { z } from 'zod';
import { destinationRefSchema } from './load.ts';

/** Who writes to the destination of a table. */
const writerSchema = {
  /**
   * Taken before the first read: who has the greater one has read later than the other decided. 0:
   * an attempt of an older version.
   */
  ticket: z.int().min(0),
  /**
   * The last ticket that was taken when the rows were whole: a greater one has begun to read after
   * that.
   */
  asOf: z.int().min(0),
  /** ATTEMPT, or the job id of a person's restore. */
  attemptId: z.string(),
  /** BigQuery job id. */
  job: z.string(),
};

const intentSchema = z.strictObject({
  ...writerSchema,
  /**
   * What the job does: `load` replaces the rows of the destination, or fills the table beside it,
   * `copy` puts another table, or an earlier state, in its place, `put-back` undoes the attempt's
   * own load.
   */
  kind: z.enum(['load', 'copy', 'put-back']),
  destination: destinationRefSchema,
  at: z.string(),
});
export type Intent = z.infer<typeof intentSchema>;

const publishedSchema = z.strictObject({
  ...writerSchema,
  rows: z.int().nullable(),
  endedAt: z.string().nullable(),
  /** Its rows are gone again: the counts did not agree. */
  isPutBack: z.boolean().default(false),
});
export type Published = z.infer<typeof publishedSchema>;

/** `tables/KEY/state.json`: the fence of one table, changed only against its generation. */
export const stateObjectSchema = z.strictObject({
  version: z.literal(1),
  /** The last ticket that was taken. */
  ticket: z.int().min(0),
  /**
   * The one BigQuery job that may write now; another takes its place once this one has ended, or
   * its id is used up.
   */
  intent: intentSchema.nullable(),
  published: publishedSchema.nullable(),
});
export type StateObject = z.infer<typeof stateObjectSchema>;

export const NO_STATE: StateObject = { version: 1, ticket: 0, intent: null, published: null };

/** Who wished the end of a load: a person, or its run's deadline. */
const cancelReasonSchema = z.enum(['person', 'run deadline']);
export type CancelReason = z.infer<typeof cancelReasonSchema>;

/**
 * `runs/RUN/loads/LOAD-cancelled.json`: attempts up to this one are never published, whatever Redis
 * says of their load.
 */
export const cancelledObjectSchema = z.strictObject({
  version: z.literal(1),
  loadId: z.string(),
  upToAttempt: z.int().min(1),
  reason: cancelReasonSchema,
  at: z.string(),
});
export type CancelledObject = z.infer<typeof cancelledObjectSchema>;
