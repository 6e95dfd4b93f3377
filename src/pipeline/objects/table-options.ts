import { z } from 'zod';

export const granularitySchema = z.enum(['HOUR', 'DAY', 'MONTH', 'YEAR']);

/** Partitions by a column of the destination. */
export const partitioningSchema = z.strictObject({ column: z.string(), granularity: granularitySchema });
export type Partitioning = z.infer<typeof partitioningSchema>;

/**
 * How a destination is to be, beside its rows and columns. All names are those of the destination.
 */
export const tableOptionsSchema = z.strictObject({
  /** The table's comment; empty: nothing to say. */
  description: z.string().default(''),
  /** Comments by column; only those that are not empty. */
  columnDescriptions: z.record(z.string(), z.string()).default({}),
  /** The primary key, where every part of it arrives as it is; empty: none may be declared. */
  primaryKey: z.array(z.string()).default([]),
  /** Null: as it is. */
  partitioning: partitioningSchema.nullable().default(null),
  /** Empty: as it is. */
  clustering: z.array(z.string()).default([]),
  labels: z.record(z.string(), z.string()).default({}),
  /** Life after a load; null: as it is. */
  expirationMs: z.int().nullable().default(null),
  /** Make the destination anew where its partitioning differs. */
  recreate: z.boolean().default(false),
});
export type TableOptions = z.infer<typeof tableOptionsSchema>;

/**
 * The last values that we set, newest first: two, because a crash may have kept the newer from
 * being set.
 */
const ours = z.array(z.string()).max(2);

/**
 * `tables/KEY/design.json`: what we have set on a destination, so that what people set is told
 * apart.
 */
export const setOptionsObjectSchema = z.strictObject({
  version: z.literal(1),
  description: ours,
  columns: z.record(z.string(), ours),
  /** Names of the labels that we set. */
  labels: z.array(z.string()),
  /**
   * Columns of the destination that we made; null where that was never remembered, or is to be
   * found out anew.
   */
  made: z.array(z.string()).nullable().default(null),
});
export type SetOptionsObject = z.infer<typeof setOptionsObjectSchema>;

/** Of a destination on which nothing was set. */
export const NOTHING_SET: SetOptionsObject = {
  version: 1,
  description: [],
  columns: {},
  labels: [],
  made: null,
};
