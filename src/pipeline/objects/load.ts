import { z } from 'zod';
import { ERROR_KINDS, type ErrorCode } from '../errors/index.ts';
import { REASONS, tableRefSchema } from '../names/index.ts';
import { engineChoiceSchema } from './engine.ts';
import { failureSchema } from './failure.ts';
import { publishingSchema } from './publishing.ts';
import { signatureSchema } from './signature.ts';
import { cellSchema, secretRefSchema, tagRuleSchema } from './spec.ts';
import { tableOptionsSchema } from './table-options.ts';

export const reasonSchema = z.enum(
  Object.keys(REASONS) as [keyof typeof REASONS, ...(keyof typeof REASONS)[]],
);
export const decisionSchema = z.enum(['load', 'skip']);
export const triggerSchema = z.enum(['scheduled', 'manual']);
export type Trigger = z.infer<typeof triggerSchema>;

/** A column of the source as `information_schema` describes it, text as the server gives it. */
export const sourceColumnSchema = z.strictObject({
  name: z.string(),
  position: z.int(),
  /** `DATA_TYPE`, such as `decimal`. */
  dataType: z.string(),
  /** `COLUMN_TYPE`, such as `decimal(10,2) unsigned`. */
  columnType: z.string(),
  isNullable: z.boolean(),
  precision: z.int().nullable(),
  scale: z.int().nullable(),
  dateTimePrecision: z.int().nullable(),
  characterSet: z.string().nullable(),
  /** `EXTRA`: generated, auto_increment, INVISIBLE … */
  extra: z.string(),
  comment: z.string(),
});
export type SourceColumn = z.infer<typeof sourceColumnSchema>;

/** What stands for a column's values: nothing, their beginning, or their HMAC-SHA-256. */
export const maskSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('nullify') }),
  z.strictObject({ kind: z.literal('truncate'), length: z.int().min(1) }),
  z.strictObject({ kind: z.literal('hmac') }),
]);
export type Mask = z.infer<typeof maskSchema>;

/** A column as it will arrive: how it is read, what it becomes. */
export const mappedColumnSchema = z.strictObject({
  name: z.string(),
  /** Column name in BigQuery. */
  destinationName: z.string(),
  /** The SELECT expression that gives the stage's text. */
  expression: z.string(),
  /**
   * What MySQL's text protocol gives without a cast, for who reads it: nearly free, where
   * `expression` keeps a thread of the server busy. Null where only the server can make the text or
   * its test.
   */
  plain: z.strictObject({ expression: z.string(), cell: cellSchema }).nullable(),
  /** BigQuery type, such as `INT64`, `NUMERIC`, `STRING`. */
  bigqueryType: z.string(),
  isNullable: z.boolean(),
  form: z.enum(['quoted', 'bare']),
  tag: tagRuleSchema.nullable(),
  mask: maskSchema.nullable().default(null),
});
export type MappedColumn = z.infer<typeof mappedColumnSchema>;

/** Why a table cannot be loaded as it is: a failure of a code that this version knows. */
export const refusalSchema = failureSchema.extend({
  code: z.enum(Object.keys(ERROR_KINDS) as [ErrorCode, ...ErrorCode[]]),
});
export type Refusal = z.infer<typeof refusalSchema>;

export const destinationRefSchema = z.strictObject({ dataset: z.string(), table: z.string() });
export type DestinationRef = z.infer<typeof destinationRefSchema>;

/**
 * `runs/RUN/loads/LOAD.json`: one a table to load: facts as verify saw them, and wishes as the
 * rules have them; statements are the spec's. A load needs nothing from MySQL before its engine
 * starts.
 */
export const loadObjectSchema = z.strictObject({
  version: z.literal(1),
  sourceId: z.string(),
  runId: z.string(),
  loadId: z.string(),
  trigger: triggerSchema,
  reason: reasonSchema,
  decidedAt: z.string(),
  table: tableRefSchema,
  destination: destinationRefSchema,
  sourceColumns: z.array(sourceColumnSchema),
  /** Empty only where the table is refused. */
  columns: z.array(mappedColumnSchema),
  /** Source columns that a rule keeps out. */
  excludedColumns: z.array(z.string()).default([]),
  /** Where the key of `mask: hmac` is; null where no column is masked so. */
  maskKey: secretRefSchema.nullable().default(null),
  /** Set where the table cannot be loaded as it is; the load fails with it at once. */
  refusal: refusalSchema.nullable().default(null),
  /** Column names of the primary key, in key order; empty without one. */
  primaryKey: z.array(z.string()),
  /** Storage engine as the server names it; one statement is a snapshot only for InnoDB. */
  storageEngine: z.string(),
  /** Which engine all its attempts are read by, and why. */
  ...engineChoiceSchema.shape,
  rowsEstimate: z.int().nullable(),
  bytesEstimate: z.int().nullable(),
  /**
   * Nobody has asked the server for this load: its attempts ask who it is, and history's signature
   * is theirs.
   */
  asksServer: z.boolean(),
  /** What its publish may do to the destination. */
  publishing: publishingSchema.default(publishingSchema.parse({})),
  /** How the destination is to be, beside rows and columns. */
  tableOptions: tableOptionsSchema.default(tableOptionsSchema.parse({})),
  /** Whether the SELECT gives each row's checksum as `fp`. */
  hasFingerprint: z.boolean().default(false),
  /** WHERE conditions, one a partition; empty: one statement. */
  predicates: z.array(z.string()),
  maxRowsPerObject: z.int().min(1),
  compression: z.enum(['none', 'gzip']),
  settleSeconds: z.int().min(0),
  signature: signatureSchema,
});
export type LoadObject = z.infer<typeof loadObjectSchema>;
