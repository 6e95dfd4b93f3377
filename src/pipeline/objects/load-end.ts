import { z } from 'zod';
import { failureSchema } from './failure.ts';
import { historyRowSchema } from './history-row.ts';

/**
 * `runs/RUN/ends/LOAD.json`: how a load has ended, as history is told. It outlives Redis: a load
 * that has its end is not begun again where an older copy of Redis, or an empty one, knows nothing
 * of it.
 */
export const loadEndObjectSchema = z.strictObject({
  version: z.literal(1),
  row: historyRowSchema,
  /** Why it failed or was cancelled; null where it did not. */
  failure: failureSchema.nullable(),
});
export type LoadEndObject = z.infer<typeof loadEndObjectSchema>;

/** How a load has ended: its history row, and why where it failed or was cancelled. */
export type EndedLoad = Omit<LoadEndObject, 'version'>;
