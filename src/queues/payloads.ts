import { z } from 'zod';
import { type Failure, LoadError, newerVersion } from '../pipeline/errors/index.ts';
import { tableRefSchema } from '../pipeline/names/index.ts';
import { failureSchema, historyRowSchema, triggerSchema } from '../pipeline/objects/index.ts';
import { UNREADABLE } from './readable-fields.ts';

const unreadableSchema = z.object({ [UNREADABLE]: z.array(z.string()) });

const LONGEST_TOLD = 300;

const envelope = { version: z.literal(1), sourceId: z.string() };

/** `run` in `controller`. */
export const runPayloadSchema = z.strictObject({
  ...envelope,
  runId: z.string(),
  trigger: triggerSchema,
  /** The tables asked for, or null for all. */
  tables: z.array(tableRefSchema).min(1).nullable(),
  /** True: load although nothing changed. */
  isForced: z.boolean(),
  requestedAt: z.iso.datetime(),
  /** Failures so far after which it was tried again. */
  interruptions: z.int().min(0).default(0),
});
export type RunPayload = z.infer<typeof runPayloadSchema>;

/** Why a load failed, kept in its job so that the run's end can tell. */
const loadFailureSchema = z.strictObject({
  ...failureSchema.shape,
  attempts: z.int(),
  /** Whether history has been told. */
  isInHistory: z.boolean().default(true),
  /**
   * The job's `attemptsMade` as it failed: as long as it is the same, nobody has had the load tried
   * again.
   */
  attemptsMade: z.int().nullable().default(null),
});

/** The failure itself, without how far its load had come. */
export function recordOf(failed: z.infer<typeof loadFailureSchema>): Failure {
  const { code, message, hint, table, link } = failed;
  return { code, message, hint, table, link };
}

/** `ingest` in `ingest`. */
export const ingestPayloadSchema = z.strictObject({
  ...envelope,
  runId: z.string(),
  loadId: z.string(),
  table: tableRefSchema,
  /**
   * `decidedAt` of the `tables.json` that it stands in, which its `LOAD.json` must share; null
   * where nobody knows.
   */
  decidedAt: z.string().nullable().default(null),
  /**
   * Attempts before the present budget; a failed load sets it, so that a retry by hand has a fresh
   * one.
   */
  attemptsBefore: z.int().min(0).default(0),
  /** Attempt to go on with after a failure that was waited for. */
  nextAttempt: z.int().min(0).default(0),
  /** Transient failures of the present budget that ended no attempt. */
  interruptions: z.int().min(0).default(0),
  /** Attempts of the present budget that an outage has ended, which are not counted against it. */
  spared: z.int().min(0).default(0),
  failure: loadFailureSchema.nullable().default(null),
  /** A person wants it to go on, although it has ended. */
  isReopened: z.boolean().default(false),
});
export type IngestPayload = z.infer<typeof ingestPayloadSchema>;

/** What a completed `ingest` job returns. */
export const ingestResultSchema = z.strictObject({
  status: z.enum(['loaded', 'superseded']),
  rowsLoaded: z.int().nullable(),
  attempts: z.int(),
});
export type IngestResult = z.infer<typeof ingestResultSchema>;

/** `row` in `history`. */
export const historyPayloadSchema = z.strictObject({
  ...envelope,
  row: historyRowSchema,
  /** True once another job's statement has merged the row. */
  isMerged: z.boolean().default(false),
});
export type HistoryPayload = z.infer<typeof historyPayloadSchema>;

/** What a payload is read from. */
interface Envelope {
  id?: string | undefined;
  queueName: string;
  data: unknown;
}

/**
 * Reads a job's payload; throws `PAYLOAD_INVALID`, which names the job, also for another
 * installation's; `NEWER_VERSION` for a newer worker's.
 */
export function parsePayload<T extends { sourceId: string }>(
  schema: z.ZodType<T>,
  { id, queueName, data }: Envelope,
  sourceId: string,
): T {
  const who = `Job ${id} of queue ${queueName}`;
  const unreadable = unreadableSchema.safeParse(data).data?.[UNREADABLE];
  if (unreadable)
    throw new LoadError('PAYLOAD_INVALID', `${who}: its ${unreadable.join(' and ')} cannot be read.`);
  const parsed = schema.safeParse(data);
  if (!parsed.success) {
    const newer = newerVersion(`${who}: the payload`, data, parsed.error);
    if (newer) throw newer;
    const first = parsed.error.issues[0];
    throw new LoadError(
      'PAYLOAD_INVALID',
      cut(`${who}: payload: ${first?.path.join('.') || '(top)'}: ${first?.message}`),
    );
  }
  if (parsed.data.sourceId === sourceId) return parsed.data;
  throw new LoadError(
    'PAYLOAD_INVALID',
    `${who}: the payload is of installation ${cut(parsed.data.sourceId)}, this worker is of ${sourceId}.`,
  );
}

/**
 * Somebody's words in a message: whatever lies in Redis may be a megabyte, and the reason is stored
 * beside it.
 */
function cut(text: string): string {
  return text.length <= LONGEST_TOLD ? text : `${text.slice(0, LONGEST_TOLD)}…`;
}
