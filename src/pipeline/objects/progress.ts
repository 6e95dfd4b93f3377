import { z } from 'zod';
import { captureSchema } from './capture.ts';

/**
 * `stage/ATTEMPT/progress.json`: what the reader of an attempt says of itself, every few seconds.
 * All times are of its clock.
 */
export const progressSchema = z.object({
  version: z.literal(1),
  attemptId: z.string(),
  at: z.iso.datetime(),
  step: z.enum(['asking', 'counting', 'reading']),
  /** Since when it is at that step. */
  since: z.iso.datetime(),
  /** Rows read so far, as Spark's executors told lately. */
  rows: z.int().min(0),
  /** When that number last grew. */
  movedAt: z.iso.datetime(),
  /** Whether MySQL answered the last look. */
  isAnswering: z.boolean(),
  /** What MySQL says its statements are doing, such as `Waiting for table metadata lock`. */
  states: z.array(z.string()),
  /** Raw answers of the queries `locks…`, where no row came for a minute. */
  locks: captureSchema,
});
export type ReadingProgress = z.infer<typeof progressSchema>;
