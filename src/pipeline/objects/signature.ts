import { z } from 'zod';

/** A time as MySQL prints it. */
const stampSchema = z.string().regex(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/);
const hashSchema = z.string().regex(/^[0-9a-f]{64}$/);

/** UPDATE_TIME with what is known of it: a time, "not written since boot", or unknown and why. */
export const updateTimeSchema = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('known'), at: stampSchema }),
  z.strictObject({ state: z.literal('unwritten_since_boot') }),
  z.strictObject({
    state: z.literal('unknown'),
    why: z.enum(['recent', 'open_transaction', 'evicted_or_restarted', 'no_signal', 'locked']),
    /** The stamp as read, where there was one; never used to prove anything. */
    at: stampSchema.nullable(),
  }),
]);
export type UpdateTime = z.infer<typeof updateTimeSchema>;

/**
 * What the source says about a table's state without reading its rows (docs/verify.md). What no
 * server can have said, such as a row of history written by hand, is no signature. Compared with
 * `!=`, never `>`. Times are UTC text as MySQL prints them; null means the server does not say.
 */
export const signatureSchema = z.strictObject({
  version: z.literal(1),
  /**
   * `@@aurora_server_id`, `@@server_uuid`, or MariaDB's substitute, with the kind in front
   * (`uuid:…`).
   */
  server: z.string().regex(/^(aurora|uuid|uid|host):/),
  /** `UNIX_TIMESTAMP() - Uptime` read in one statement, seconds since 1970. */
  bootEpoch: z.string().regex(/^\d+$/),
  createTime: stampSchema.nullable(),
  updateTime: updateTimeSchema,
  /**
   * SHA-256 (hex) over name and space of every tablespace of the table; null where it has none of
   * its own.
   */
  storage: hashSchema.nullable(),
  /** SHA-256 (hex) over columns, keys and partitions. */
  columns: hashSchema,
  /** SHA-256 (hex) over the configuration that changes what arrives. */
  config: hashSchema,
  /**
   * Checksum over the rows that were staged, for tables with `fingerprint: checksum`; null
   * elsewhere, and in every capture (only who reads all rows can take it). It proves content where
   * the state is unknown; it is no component of the state.
   */
  fingerprint: z
    .string()
    .regex(/^\d+:\d+:\d+$/)
    .nullable()
    .default(null),
});
export type Signature = z.infer<typeof signatureSchema>;
