import { z } from 'zod';

/** What a publish may do where the columns of the table have changed. */
export const SCHEMA_CHANGES = ['allow', 'additive', 'stop'] as const;
/** What it may do to what people have made on the destination. */
export const PROTECTIONS = ['protect', 'drop'] as const;

/** What a publish may do to its destination, as verify read the configuration. */
export const publishingSchema = z.strictObject({
  schemaChanges: z.enum(SCHEMA_CHANGES).default('allow'),
  rowAccessPolicies: z.enum(PROTECTIONS).default('protect'),
  /** Columns of the destination that we never made. */
  foreignColumns: z.enum(PROTECTIONS).default('protect'),
  /** Percent of the rows that may go at once; 100: all. */
  maxShrinkPercent: z.int().min(0).max(100).default(80),
  /** Rows of the destination from which shrinking is looked at. */
  shrinkFromRows: z.int().min(0).default(1_000),
});
export type Publishing = z.infer<typeof publishingSchema>;

/** How a destination's schema changes with a publish. */
export const schemaChangeSchema = z.strictObject({
  added: z.array(z.string()),
  removed: z.array(z.string()),
  retyped: z.array(z.string()),
  reordered: z.boolean(),
});
export type SchemaChange = z.infer<typeof schemaChangeSchema>;

/** What the destination was before a publish; null where there was none. */
const destinationBeforeSchema = z.strictObject({ rows: z.int(), lastModified: z.string() }).nullable();

/**
 * `stage/ATTEMPT/publish.json`: written before anything of the destination is changed, once an
 * attempt. Whoever records the publish after a crash reads there what it changed, and what to go
 * back to.
 */
export const publishObjectSchema = z.strictObject({
  version: z.literal(1),
  attemptId: z.string(),
  schemaChange: schemaChangeSchema.nullable(),
  before: destinationBeforeSchema,
  createdAt: z.string(),
});
export type PublishObject = z.infer<typeof publishObjectSchema>;

/** `stage/ATTEMPT/guard.json`: the guard has stopped this stage. */
export const guardObjectSchema = z.strictObject({
  version: z.literal(1),
  attemptId: z.string(),
  rowsStaged: z.int(),
  before: destinationBeforeSchema,
  createdAt: z.string(),
});
export type GuardObject = z.infer<typeof guardObjectSchema>;
