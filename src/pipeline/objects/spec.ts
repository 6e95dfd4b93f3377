import { z } from 'zod';
import { tableRefSchema } from '../names/index.ts';
import { sourceQuerySchema } from './capture.ts';
import { engineNameSchema } from './engine.ts';
import { signatureSchema } from './signature.ts';

/** Where a secret is to be read; never the secret itself. `env` is for the local stack only. */
export const secretRefSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('env'), name: z.string() }),
  z.strictObject({ kind: z.literal('secret'), name: z.string() }),
]);
export type SecretRef = z.infer<typeof secretRefSchema>;

/** MYSQL_TLS; docs/security.md says what each mode protects from. */
export const tlsSchema = z.discriminatedUnion('mode', [
  /** `caPem` null: the authorities of the machine that connects. */
  z.strictObject({ mode: z.literal('verify-identity'), caPem: z.string().nullable() }),
  z.strictObject({ mode: z.literal('verify-ca'), caPem: z.string() }),
  z.strictObject({ mode: z.literal('required') }),
  z.strictObject({ mode: z.literal('disabled') }),
]);

/** How to reach the source: the address, the user, where the password is. */
export const sourceAddressSchema = z.strictObject({
  host: z.string(),
  port: z.int(),
  user: z.string(),
  password: secretRefSchema,
  tls: tlsSchema,
});
export type SourceAddress = z.infer<typeof sourceAddressSchema>;

/**
 * What happens to a value that its expression tagged with `!`; a text has `!` and U+10FFFE in its
 * place.
 */
export const tagRuleSchema = z.strictObject({
  /**
   * Name of the rule; with the action it makes the key of the policy count, such as
   * `invalid_date_nullify`.
   */
  rule: z.enum([
    'invalid_date',
    'time_out_of_range',
    'decimal_out_of_range',
    'value_too_long',
    'text_not_unicode',
    'not_bool',
    'not_json',
    'not_wgs84',
  ]),
  /**
   * `nullify` and `error` leave NULL (an `error` fails the attempt); `string` and `seconds` keep
   * the text behind the tag.
   */
  action: z.enum(['nullify', 'error', 'string', 'seconds']),
});
export type TagRule = z.infer<typeof tagRuleSchema>;

/**
 * What the SELECT gives of a column, as MySQL's text protocol sends it. `text`: the stage's own
 * text, tagged where that is due. The others are plain columns, and the reader does the rest: it
 * tests the bytes for what their tag names (`date`, `time`, `decimal`), or encodes them (`base64`).
 */
export const cellSchema = z.enum(['text', 'date', 'time', 'decimal', 'base64']);
export type Cell = z.infer<typeof cellSchema>;

const specColumnSchema = z.strictObject({
  name: z.string(),
  /** Column name in BigQuery. */
  destinationName: z.string(),
  /** BigQuery type, such as `INT64`, `NUMERIC`, `STRING`. */
  bigqueryType: z.string(),
  /** `quoted`: always in double quotes, inner quotes doubled; `bare`: as it is. */
  form: z.enum(['quoted', 'bare']),
  /** Spark knows `text` alone. */
  cell: cellSchema,
  /** null where nothing is ever tagged. */
  tag: tagRuleSchema.nullable(),
  /**
   * `hmac`: the reader puts the HMAC-SHA-256 of the text in its place; other masks are in the
   * SELECT.
   */
  mask: z.enum(['hmac']).nullable().default(null),
});

/**
 * `stage/ATTEMPT/spec.json`: everything an attempt does, frozen before it starts. Whoever reads
 * rows works from this object alone; whoever attaches after a crash reads it back.
 */
export const specSchema = z.strictObject({
  version: z.literal(1),
  sourceId: z.string(),
  runId: z.string(),
  loadId: z.string(),
  attemptId: z.string(),
  attemptNumber: z.int().min(1),
  /**
   * Of the table's `state.json`, taken before the first read; 0: of an older version, which took
   * none.
   */
  ticket: z.int().min(0).default(0),
  createdAt: z.string(),
  table: tableRefSchema,
  engine: engineNameSchema,
  address: sourceAddressSchema,
  /**
   * SHA-256 (hex) of the reading script and the driver jar in the bucket's `code/`; empty for
   * `direct`.
   */
  code: z.strictObject({ script: z.string(), driverJar: z.string() }).nullable(),
  queries: z.strictObject({
    /** Statements for every session that reads, such as the time zone. */
    session: z.array(z.string()),
    /**
     * Fails with errno 1242 unless the server is the signature's; run on every connection that
     * reads rows.
     */
    guard: z.string(),
    /**
     * Set where nobody asked the server before (`VERIFY_RUNNER=dataproc`, a load by name): its
     * answer is put into the guard's `{identity}`, and history's signature comes from the first
     * capture of the manifest. Null: the signature is the one below.
     */
    identity: z.string().nullable().default(null),
    /** The capture taken before the first read and after the last. */
    capture: z.array(sourceQuerySchema),
    /** One row, one column. */
    count: z.string(),
    /**
     * One row, one column: partitions of the destination that the rows make; null where there are
     * none.
     */
    partitions: z.string().nullable().default(null),
    /**
     * One alias `c0`, `c1`, … a column of `columns`, what its `cell` says; without WHERE, ending in
     * the FROM clause.
     */
    select: z.string(),
  }),
  columns: z.array(specColumnSchema).min(1),
  /**
   * Key columns in key order: how a message names a row. A masked or excluded one is never shown.
   */
  primaryKey: z.array(z.string()).default([]),
  /** Where the key of `mask: hmac` is; null where no column is masked so. */
  maskKey: secretRefSchema.nullable().default(null),
  /**
   * Whether the SELECT gives each row's checksum as `fp`, to be summed over the rows that are
   * staged.
   */
  hasFingerprint: z.boolean().default(false),
  nullToken: z.string().regex(/^\\N[A-Z]{4}$/),
  compression: z.enum(['none', 'gzip']),
  /**
   * WHERE conditions, one a partition; none: one statement without a condition reads everything.
   */
  predicates: z.array(z.string()),
  /** Rows an object may hold, so that objects stay near 128 MB. */
  maxRowsPerObject: z.int().min(1),
  /** True where one statement is one read view (InnoDB). */
  isTransactional: z.boolean(),
  /** Age from which an UPDATE_TIME of the captures proves anything, in seconds. */
  settleSeconds: z.int().min(0),
  signature: signatureSchema,
  stage: z.strictObject({
    bucket: z.string(),
    /** `SOURCE_ID/stage/ATTEMPT/`, with the slash. */
    prefix: z.string(),
  }),
});
export type Spec = z.infer<typeof specSchema>;
