import { z } from 'zod';

/**
 * `history.json`: the BigQuery job of the last MERGE into the history table, written before it
 * starts. No other begins before it has ended.
 */
export const historyMergeObjectSchema = z.strictObject({ version: z.literal(1), job: z.string() });
