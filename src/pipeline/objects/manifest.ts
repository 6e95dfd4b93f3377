import { z } from 'zod';
import { captureSchema } from './capture.ts';

const stageObjectSchema = z.strictObject({
  /** Full object name in the bucket. */
  name: z.string(),
  bytes: z.int().min(0),
  /** Base64 of the big-endian CRC-32C, as the GCS JSON API gives it. */
  crc32c: z.string(),
  generation: z.string(),
});

/**
 * `stage/ATTEMPT/manifest.json`: written last, by whoever read the rows. The stage is complete once
 * it exists.
 */
export const manifestSchema = z.strictObject({
  version: z.literal(1),
  attemptId: z.string(),
  /** SHA-256 (hex) of the bytes of spec.json as they were read. */
  specSha256: z.string(),
  /** Rows staged, counted in the pass that wrote them. */
  rows: z.int().min(0),
  /** Random folder of this writer under `data/`. */
  writer: z.string(),
  objects: z.array(stageObjectSchema).max(10_000),
  /**
   * Column name → rule and action (`invalid_date_nullify`) → how many values; only counts above 0.
   */
  policyCounts: z.record(z.string(), z.record(z.string(), z.int())),
  /**
   * `rows:sum:sum` over the checksums of the staged rows; null where none were asked for, or a row
   * was too long for one.
   */
  fingerprint: z.string().nullable().default(null),
  /** Connections that read rows: 1 means one statement. */
  readers: z.int().min(1),
  counts: z.strictObject({
    /** COUNT(*) in the very transaction that read the rows; null where that was another's. */
    inside: z.int().nullable().default(null),
    /**
     * COUNT(*) of a statement beside the reading; null where it was not needed and had not ended.
     */
    beside: z.int().nullable().default(null),
  }),
  /** Bytes that came from MySQL; null where the reader cannot tell. */
  wireBytes: z.int().min(0).nullable().default(null),
  captures: z.strictObject({ before: captureSchema, after: captureSchema }),
  startedAt: z.string(),
  endedAt: z.string(),
  /** Who wrote it, for people: engine, Spark version, application id. */
  engine: z.record(z.string(), z.string()),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** `stage/ATTEMPT/error.json`: why an attempt staged nothing. */
export const attemptErrorSchema = z.strictObject({
  version: z.literal(1),
  attemptId: z.string(),
  specSha256: z.string().nullable(),
  /** Exception class, such as `java.sql.SQLException` or `PolicyViolation`. */
  class: z.string(),
  /**
   * Adutora's own code where the reader knows it (`NULL_TOKEN_COLLISION`, `POLICY_VIOLATION`, …),
   * else null.
   */
  code: z.string().nullable(),
  errno: z.int().nullable(),
  sqlState: z.string().nullable(),
  message: z.string(),
  /** Who holds the table, where the error is about a lock: raw answers of the queries `locks…`. */
  locks: captureSchema.nullable().default(null),
  endedAt: z.string(),
});
export type AttemptError = z.infer<typeof attemptErrorSchema>;
