import { describeFailure, LoadError } from '../pipeline/errors/index.ts';
import { errorTextOf } from '../pipeline/history/index.ts';
import {
  ENGINE_REASONS,
  objectNames,
  plural,
  REASONS,
  type TableRef,
  tableKey,
  tableLabel,
} from '../pipeline/names/index.ts';
import {
  type AcknowledgedObject,
  type DecidedTable,
  type HistoryRow,
  type Signature,
  tablesObjectSchema,
  type UpdateTime,
} from '../pipeline/objects/index.ts';
import { readObject } from '../pipeline/ports/index.ts';
import { isLasting, readAcknowledged, type Verified, type VerifiedTable } from '../pipeline/verify/index.ts';
import { jsonText } from '../terminal/json-text.ts';
import { shownDuration, shownNumber, shownStatus, textTable } from '../terminal/text-table.ts';
import { parseArguments, tableArgument, takesOnly } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { knownToHistory, knownToRuns, resolveTables } from './known-tables.ts';
import { openRuns } from './lost-runs.ts';
import { verifyNow } from './verify-now.ts';

const usage = 'npm run why -- table=NAME [--json]';
/** Rows of history of the table, of which the newest is the last decision. */
const ROWS_READ = 1;

/** Why a table was loaded or skipped, what is different, and what would happen now. */
export const why: Command = {
  usage,
  summary:
    'why a table was loaded or not: last decision, both signatures side by side, what would happen now',
  examples: ['npm run why -- table=alunos', "npm run -s why -- table=slmandic.alunos --json | jq '.differs'"],
  run: async (args, context) => {
    const parsed = parseArguments(args, { json: { type: 'boolean' } }, usage);
    takesOnly(parsed, usage, ['table']);
    const name = tableArgument(parsed, usage);
    const found = await explain([name], context);
    context.print(parsed.flags['json'] ? jsonText(found) : whyText(found, context.now()));
    return 0;
  },
};

type Explained = Awaited<ReturnType<typeof explain>>;

async function explain(names: readonly string[], context: CommandContext) {
  const { ports, verify } = context;
  const [table] = await resolveTables(names, context, [knownToRuns, knownToHistory]);
  if (!table) throw new LoadError('USAGE', 'Which table?', { hint: `Usage: ${usage}` });
  context.activity('comparing the table with its last load');
  const looked = { ...context, verify: { ...verify, exclusionRule: () => null } };
  const [verified, rows, acknowledged, underWay] = await Promise.all([
    verifyNow([table], looked).catch(noneIfGone),
    ports.history.recent({ sourceId: verify.sourceId, table, limit: ROWS_READ }),
    readAcknowledged(ports.bucket, verify.sourceId),
    underWayOf(table, context),
  ]);
  return {
    ...table,
    lastDecision: rows[0] ?? null,
    underWay,
    ...stateOf(table, verified, { ...context, acknowledged }),
  };
}

/**
 * What a run that has not ended has decided on the table; history does not know it yet. Redis need
 * not know the run.
 */
async function underWayOf(
  table: TableRef,
  context: CommandContext,
): Promise<
  (Pick<DecidedTable, 'decision' | 'reason' | 'engine' | 'engineReason'> & { runId: string }) | null
> {
  const { ports, verify } = context;
  for (const runId of await openRuns(context)) {
    const name = objectNames(verify.sourceId).tables(runId);
    const decided = (await readObject(ports.bucket, name, tablesObjectSchema))?.value.tables;
    const found = decided?.find((one) => tableKey(one) === tableKey(table));
    if (found) {
      const { decision, reason, engine, engineReason } = found;
      return { runId, decision, reason, engine, engineReason };
    }
  }
  return null;
}

/** History can tell of a table that the source no longer lists. */
function noneIfGone(thrown: unknown): Verified | null {
  if (thrown instanceof LoadError && thrown.code === 'SOURCE_TABLE_UNKNOWN') return null;
  throw thrown;
}

function stateOf(table: TableRef, verified: Verified | null, known: Known) {
  const { config } = known;
  const [now] = verified?.tables ?? [];
  const before = now?.lastSignature ?? null;
  return {
    before,
    after: now?.signature ?? null,
    differs: before && now ? differences(before, now.signature) : [],
    now: now ? nowOf(now, config.exclusionRule(table)) : goneOf(table, known),
    engine: now?.choice.engine ?? null,
    engineReason: now?.choice.engineReason ?? null,
    lastPublishedAt: now?.decided.lastPublishedAt ?? null,
    note: now?.decided.note ?? null,
    refusal: now?.refusal ?? null,
  };
}

interface Known extends Pick<CommandContext, 'config' | 'verify'> {
  acknowledged: AcknowledgedObject;
}

/** The source does not list it; whether it is there all the same, the source does not say. */
function goneOf(table: TableRef, { config, verify, acknowledged }: Known): Answer {
  const excludedBy = config.exclusionRule(table);
  if (excludedBy !== null) return excluded(`A rule excludes it: ${excludedBy}.`);
  if (!verify.schemas.some((schema) => schema.toLowerCase() === table.schema.toLowerCase()))
    return excluded(`MYSQL_SCHEMAS does not name ${table.schema}.`);
  const since = acknowledged.tables.find((one) => tableKey(one) === tableKey(table))?.since;
  const known = since ? ` Acknowledged at ${since.slice(0, 19)} (UTC): runs do not speak of it.` : '';
  const reason = 'gone_from_listing';
  return { decision: 'skip', reason, text: `${REASONS[reason]}${known}` };
}

const excluded = (text: string): Answer => ({ decision: 'skip', reason: 'excluded', text });

function nowOf({ decided, refusal }: VerifiedTable, excludedBy: string | null): Answer {
  if (excludedBy !== null) return excluded(`A rule excludes it: ${excludedBy}.`);
  const { decision, reason } = decided;
  if (decision === 'load' && isLasting(refusal))
    return { decision: 'refused', reason, text: `It would fail: ${describeFailure(refusal)}` };
  return { decision, reason, text: REASONS[reason] };
}

interface Answer {
  decision: string;
  reason: string;
  text: string;
}

const PARTS = ['server', 'bootEpoch', 'createTime', 'updateTime', 'storage', 'columns', 'config'] as const;

function differences(before: Signature, after: Signature): string[] {
  return PARTS.filter((part) => shownPart(before, part) !== shownPart(after, part));
}

function whyText(found: Explained, now: Date): string {
  const age = found.lastPublishedAt
    ? ` (${shownDuration(found.lastPublishedAt, now.toISOString())} ago)`
    : '';
  return [
    `${tableLabel(found)}`,
    lastDecisionText(found.lastDecision),
    ...(found.underWay
      ? [
          `Under way: ${found.underWay.decision}, ${found.underWay.reason}${by(found.underWay.engine)}, run ${found.underWay.runId}`,
        ]
      : []),
    ...(found.after ? [`Last load: ${found.lastPublishedAt ?? 'none known'}${age}`] : []),
    '',
    ...(found.after ? [signaturesText(found.before, found.after, found.differs), ''] : []),
    ...(found.note && found.note !== found.refusal?.message ? [found.note] : []),
    `Now: ${found.now.decision}, ${found.now.reason}. ${found.now.text}`,
    ...engineLines(found),
  ].join('\n');
}

/** Who would read it now, and why; nothing of a table that the source does not list. */
function engineLines({ engine, engineReason }: Explained): string[] {
  if (engine === null || engineReason === null) return [];
  return [`Engine: ${engine}, ${engineReason}. ${ENGINE_REASONS[engineReason]}`];
}

const by = (engine: string | null) => (engine === null ? '' : `, by ${engine}`);

function lastDecisionText(last: HistoryRow | null): string {
  if (!last) return 'Last decision: none in history.';
  const rows =
    last.rows_loaded === null ? '' : `, ${plural(last.rows_loaded, 'row', shownNumber(last.rows_loaded))}`;
  const told = errorTextOf(last);
  const error = told ? `, ${told}` : '';
  return `Last decision: ${last.decision}, ${last.reason}, run ${last.run_id}: ${shownStatus(last.status)}${by(last.engine)}${rows}${error}`;
}

function signaturesText(before: Signature | null, after: Signature, differs: readonly string[]): string {
  const mark = (part: string) => (!before ? '' : differs.includes(part) ? '≠' : '=');
  const rows = PARTS.map((part) => [
    mark(part),
    part,
    before ? shownPart(before, part) : '–',
    shownPart(after, part),
  ]);
  return textTable(['', 'signature', 'at the last load', 'now'], rows);
}

const HASH_SHOWN = 12;

/** A part as people can compare it: hashes cut, epochs as times. */
function shownPart(signature: Signature, part: (typeof PARTS)[number]): string {
  const value = signature[part];
  if (part === 'updateTime') return shownStamp(signature.updateTime);
  if (part === 'bootEpoch') return new Date(Number(value) * 1_000).toISOString().slice(0, 19);
  if (typeof value !== 'string') return 'not told';
  return /^[0-9a-f]{64}$/.test(value) ? value.slice(0, HASH_SHOWN) : value;
}

function shownStamp(updateTime: UpdateTime): string {
  if (updateTime.state === 'known') return updateTime.at;
  if (updateTime.state === 'unwritten_since_boot') return 'not written since boot';
  return `unknown (${updateTime.why})${updateTime.at ? `, ${updateTime.at}` : ''}`;
}
