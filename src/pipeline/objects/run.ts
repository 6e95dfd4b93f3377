import { z } from 'zod';
import { loadName, tableKey, tableRefSchema } from '../names/index.ts';
import { engineChoiceSchema } from './engine.ts';
import { failureSchema } from './failure.ts';
import { decisionSchema, destinationRefSchema, reasonSchema, triggerSchema } from './load.ts';
import { signatureSchema } from './signature.ts';

/**
 * `runs/RUN/request.json`: what was asked for, created before the run's job: a run that only Redis
 * knew would be lost with it.
 */
export const requestObjectSchema = z.strictObject({
  version: z.literal(1),
  sourceId: z.string(),
  runId: z.string(),
  trigger: triggerSchema,
  /** The tables asked for, or null for all. */
  tables: z.array(tableRefSchema).min(1).nullable(),
  /** True: load although nothing changed. */
  isForced: z.boolean(),
  requestedAt: z.iso.datetime(),
});
export type RequestObject = z.infer<typeof requestObjectSchema>;

const sizeSchema = z.int().min(0).nullable();

/** One table of `tables.json`. */
export const decidedTableSchema = z.strictObject({
  ...tableRefSchema.shape,
  decision: decisionSchema,
  reason: reasonSchema,
  /** LOAD of a table to load; null for a skip. */
  loadId: z.string().nullable(),
  destination: destinationRefSchema,
  storageEngine: z.string(),
  /** Estimates of `information_schema`. */
  rowsEstimate: sizeSchema,
  bytesEstimate: sizeSchema,
  /** Which engine reads it, and why; null where the source does not list it. */
  engine: engineChoiceSchema.shape.engine.nullable(),
  engineReason: engineChoiceSchema.shape.engineReason.nullable(),
  /** `published_at` of the last load, ISO; null if there is none. */
  lastPublishedAt: z.string().nullable(),
  /** What else a person should know about the decision, in one line. */
  note: z.string().nullable().default(null),
  signature: signatureSchema.nullable(),
});
export type DecidedTable = z.infer<typeof decidedTableSchema>;

/** Which dialect a server speaks. */
export const flavourSchema = z.enum(['mysql', 'mariadb']);
export type Flavour = z.infer<typeof flavourSchema>;

const serverSchema = z.strictObject({
  identity: z.string(),
  bootEpoch: z.string(),
  version: z.string(),
  /** As verify told it from version and version_comment; nobody guesses it again. */
  flavour: flavourSchema,
  /**
   * Tables and partitions that want a place in the dictionary cache, its size, and whether all are
   * counted; null where the server does not tell.
   */
  dictionary: z
    .strictObject({ wanted: z.int(), places: z.int(), isWhole: z.boolean().default(true) })
    .nullable()
    .default(null),
});

/**
 * `runs/RUN/tables.json`: every table, its decision and the reason. Created once; a repeated verify
 * reads it. Whoever alters it by hand may not make it say what no run would: a table twice, a load
 * that is not the table's own.
 */
export const tablesObjectSchema = z
  .strictObject({
    version: z.literal(1),
    sourceId: z.string(),
    runId: z.string(),
    trigger: triggerSchema,
    startedAt: z.string(),
    decidedAt: z.string(),
    server: serverSchema,
    /** Whether these are all tables of the source, and not those that somebody asked for. */
    isWhole: z.boolean().default(false),
    tables: z.array(decidedTableSchema),
  })
  .superRefine(({ runId, tables }, { addIssue }) => {
    const seen = new Set<string>();
    for (const [index, table] of tables.entries()) {
      const own = table.decision === 'load' ? loadName(runId, table) : null;
      const message = seen.has(tableKey(table))
        ? 'the table is there twice'
        : `expected ${own}, got ${table.loadId}`;
      if (seen.has(tableKey(table)) || table.loadId !== own)
        addIssue({ code: 'custom', path: ['tables', index, 'loadId'], message });
      seen.add(tableKey(table));
    }
  });
export type TablesObject = z.infer<typeof tablesObjectSchema>;

/** What not knowing costs a run: tables and bytes (estimates of `information_schema`) by reason. */
export const unknownCostSchema = z.strictObject({
  reasons: z.array(z.strictObject({ reason: reasonSchema, tables: z.int(), bytes: z.int() })),
  /** What would make more of it known; null where nothing is to be done. */
  advice: z.string().nullable(),
});
export type UnknownCost = z.infer<typeof unknownCostSchema>;

export const statusSchema = z.enum(['loaded', 'skipped', 'failed', 'cancelled', 'superseded']);

/** `runs/RUN/summary.json`: how the run ended; the truth about it. */
export const summaryObjectSchema = z.strictObject({
  version: z.literal(1),
  sourceId: z.string(),
  runId: z.string(),
  trigger: triggerSchema,
  /** `cancelled`: nothing failed but what a person had ended. */
  status: z.enum(['succeeded', 'failed', 'cancelled']),
  startedAt: z.string(),
  endedAt: z.string(),
  loaded: z.int(),
  skipped: z.int(),
  failed: z.int(),
  /** Counted with the failed by older versions. */
  cancelled: z.int().default(0),
  /** Their tables have newer rows, of another run. */
  superseded: z.int().default(0),
  /** What was loaded only because its state is not known, by reason, and what to do about it. */
  unknown: unknownCostSchema.nullable().default(null),
  /** History rows not yet in BigQuery when the end was announced. */
  historyPending: z.int(),
  /** Set when the run itself failed, before any table was decided. */
  error: failureSchema.nullable(),
  tables: z.array(
    z.strictObject({
      ...tableRefSchema.shape,
      status: statusSchema,
      reason: reasonSchema,
      attempts: z.int(),
      rowsLoaded: z.int().nullable(),
      /** Why its load failed or was cancelled; null where it did not. */
      failure: failureSchema.nullable(),
    }),
  ),
});
export type SummaryObject = z.infer<typeof summaryObjectSchema>;

/** `paused.json`: what a person has paused. */
export const pausesObjectSchema = z.strictObject({
  version: z.literal(1),
  /** Since when everything is paused, ISO; null if it is not. */
  all: z.string().nullable(),
  tables: z.array(z.strictObject({ ...tableRefSchema.shape, since: z.string() })),
});
export type PausesObject = z.infer<typeof pausesObjectSchema>;

/**
 * `acknowledged.json`: tables that have gone from the source's listing, and a person has said that
 * this is right.
 */
export const acknowledgedObjectSchema = z.strictObject({
  version: z.literal(1),
  tables: z.array(z.strictObject({ ...tableRefSchema.shape, since: z.string() })),
});
export type AcknowledgedObject = z.infer<typeof acknowledgedObjectSchema>;

/** `installation.json`: which source this SOURCE_ID belongs to, and the schedules seen. */
export const installationObjectSchema = z.strictObject({
  version: z.literal(1),
  sourceId: z.string(),
  mysqlHost: z.string(),
  mysqlPort: z.int(),
  createdAt: z.string(),
  /** `cron|time zone` → the moment this installation first saw it. */
  schedules: z.record(z.string(), z.string()),
});
export type InstallationObject = z.infer<typeof installationObjectSchema>;
