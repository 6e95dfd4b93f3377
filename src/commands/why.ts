import type { VerifiedTable } from '../pipeline/decide-table.ts';
import { LoadError } from '../pipeline/load-error.ts';
import type { Signature, UpdateTime } from '../pipeline/objects/signature.ts';
import { REASONS } from '../pipeline/reasons.ts';
import { tableLabel } from '../pipeline/table-ref.ts';
import { parseArguments, tableArgument, takesOnly } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { resolveTables } from './known-tables.ts';
import { shownDuration, shownNumber, shownStatus, textTable } from './text-table.ts';
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
    context.print(parsed.flags['json'] ? JSON.stringify(found) : whyText(found, context.now()));
    return 0;
  },
};

type Explained = Awaited<ReturnType<typeof explain>>;

async function explain(names: readonly string[], context: CommandContext) {
  const { config, ports, verify } = context;
  const [table] = await resolveTables(names, context);
  if (!table) throw new LoadError('USAGE', 'Which table?', { hint: `Usage: ${usage}` });
  context.activity('comparing the table with its last load');
  const isExcluded = config.exclusionRule(table);
  const looked = { ...context, verify: { ...verify, exclusionRule: () => null } };
  const [verified, rows] = await Promise.all([
    verifyNow([table], looked),
    ports.history.recent({ sourceId: verify.sourceId, table, limit: ROWS_READ }),
  ]);
  const [now] = verified.tables;
  if (!now) throw new LoadError('UNKNOWN_TABLE', `${tableLabel(table)} is not there.`);
  return {
    ...table,
    lastDecision: rows[0] ?? null,
    before: now.lastSignature,
    after: now.signature,
    differs: now.lastSignature ? differences(now.lastSignature, now.signature) : [],
    now: nowOf(now, isExcluded),
    lastPublishedAt: now.decided.lastPublishedAt,
    note: now.decided.note,
    refusal: now.refusal,
  };
}

function nowOf({ decided }: VerifiedTable, excludedBy: string | null): object & Answer {
  if (excludedBy !== null)
    return { decision: 'skip', reason: 'excluded', text: `A rule excludes it: ${excludedBy}.` };
  return { decision: decided.decision, reason: decided.reason, text: REASONS[decided.reason] };
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
  const { before, after, differs, lastDecision: last } = found;
  const rows = PARTS.map((part) => [
    differs.includes(part) ? '≠' : '=',
    part,
    before ? shownPart(before, part) : '–',
    shownPart(after, part),
  ]);
  const age = found.lastPublishedAt
    ? ` (${shownDuration(found.lastPublishedAt, now.toISOString())} ago)`
    : '';
  return [
    `${tableLabel(found)}`,
    last
      ? `Last decision: ${last.decision}, ${last.reason}, run ${last.run_id}: ${shownStatus(last.status)}, ${shownNumber(last.rows_loaded)} rows${last.error_message ? `, ${last.error_message}` : ''}`
      : 'Last decision: none in history.',
    `Last load: ${found.lastPublishedAt ?? 'none known'}${age}`,
    '',
    textTable(['', 'signature', 'at the last load', 'now'], rows),
    '',
    ...(found.note ? [found.note] : []),
    `Now: ${found.now.decision}, ${found.now.reason}. ${found.now.text}`,
    ...(found.refusal ? [`It would fail: ${found.refusal.code}: ${found.refusal.message}`] : []),
  ].join('\n');
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
