import { z } from 'zod';

/**
 * One SELECT of a capture. Built in `source/`, run unchanged by the worker (mysql2) and by Spark's
 * driver; only TypeScript interprets the rows.
 */
export const sourceQuerySchema = z.strictObject({
  /** Key of the answer in the capture. */
  name: z.string().regex(/^[a-z_]+$/),
  sql: z.string().min(1),
  /**
   * An optional query that the server refuses is recorded with its errno instead of failing the
   * capture.
   */
  isOptional: z.boolean(),
  /**
   * Pause before the query, in milliseconds (the open-transaction test reads a little after
   * UPDATE_TIME).
   */
  delayMs: z.int().min(0).max(5_000),
});
export type SourceQuery = z.infer<typeof sourceQuerySchema>;

/** A row as text: column label → the server's text for the value, or null. */
export const textRowSchema = z.record(z.string(), z.string().nullable());
export type TextRow = z.infer<typeof textRowSchema>;

/** What one query of a capture gave: its rows, or (optional queries only) the server's refusal. */
export const captureAnswerSchema = z.union([
  z.strictObject({ rows: z.array(textRowSchema) }),
  z.strictObject({ errno: z.int(), message: z.string() }),
]);
export type CaptureAnswer = z.infer<typeof captureAnswerSchema>;

/** The answers of one capture by query name: the raw material of signatures. */
export const captureSchema = z.record(z.string(), captureAnswerSchema);
export type Capture = z.infer<typeof captureSchema>;
