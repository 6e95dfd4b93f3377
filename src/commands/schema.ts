import { describeFailure, LoadError } from '../pipeline/errors/index.ts';
import {
  type ColumnRules,
  maskText,
  type PolicyEffect,
  policyEffects,
  ruleOf,
  viewTable,
} from '../pipeline/mapping/index.ts';
import { tableLabel } from '../pipeline/names/index.ts';
import type { MappedColumn } from '../pipeline/objects/index.ts';
import type { DestinationFacts } from '../pipeline/ports/index.ts';
import { selectQuery } from '../pipeline/source/index.ts';
import type { Verified, VerifiedTable } from '../pipeline/verify/index.ts';
import { jsonText } from '../terminal/json-text.ts';
import { textTable } from '../terminal/text-table.ts';
import { parseArguments, tableArgument, takesOnly } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { resolveTables } from './known-tables.ts';
import { verifyNow } from './verify-now.ts';

const usage = 'npm run schema -- table=NAME [--json]';

/** How a table arrives: both schemas, the SELECT, what each policy would do, masks. */
export const schema: Command = {
  usage,
  summary: 'how a table arrives: both schemas, the SELECT, what each policy would do, masks',
  examples: ['npm run schema -- table=alunos', "npm run -s schema -- table=alunos --json | jq -r '.select'"],
  run: async (args, context) => {
    const parsed = parseArguments(args, { json: { type: 'boolean' } }, usage);
    takesOnly(parsed, usage, ['table']);
    const name = tableArgument(parsed, usage);
    const shape = await lookAt([name], context);
    context.print(parsed.flags['json'] ? jsonText(shape) : shapeText(shape));
    return shape.refusal ? 1 : 0;
  },
};

type Shape = Awaited<ReturnType<typeof lookAt>>;

async function lookAt(names: readonly string[], context: CommandContext) {
  const { ports, verify } = context;
  const [table] = await resolveTables(names, context);
  if (!table) throw new LoadError('USAGE', 'Which table?', { hint: `Usage: ${usage}` });
  context.activity('looking at the table on both sides');
  const verified = await verifyNow([table], { ...context, verify: { ...verify, exclusionRule: () => null } });
  const [now] = verified.tables;
  if (!now) throw new LoadError('UNKNOWN_TABLE', `${tableLabel(table)} is not there.`);
  const { destination } = now.decided;
  const there = await ports.destination.describe(destination);
  const { flavour } = verified.server;
  const { columns } = viewTable(now.sourceTable, verify, { flavour, refusal: now.refusal });
  return {
    ...table,
    destination,
    refusal: now.refusal,
    columns: columnsOf({ ...now, columns }, { verified, rules: verify.rulesFor(table), there }),
    select: now.refusal ? null : selectQuery(table, columns, { fingerprintOf: null }),
  };
}

function columnsOf(
  now: VerifiedTable & { columns: readonly MappedColumn[] },
  { verified, rules, there }: { verified: Verified; rules: ColumnRules; there: DestinationFacts | null },
) {
  const { sourceTable, refusal } = now;
  const known = { rules, flavour: verified.server.flavour };
  return sourceTable.columns.map((column) => {
    const mapped = now.columns.find(({ name }) => name === column.name) ?? null;
    const rule = ruleOf(rules, column.name);
    const isThere = there?.columns.find(({ name }) => name === mapped?.destinationName);
    return {
      name: column.name,
      mysqlType: column.columnType,
      destinationName: mapped?.destinationName ?? null,
      bigqueryType: mapped?.bigqueryType ?? null,
      /** Its type in the destination as it is now. */
      typeThere: isThere?.type ?? null,
      mask: mapped?.mask ? maskText(mapped.mask) : null,
      isExcluded: rule.exclude === true,
      typeRule: rule.type ?? null,
      tag: mapped?.tag ?? null,
      policies: mapped && !refusal ? policyEffects(column, known) : [],
    };
  });
}

function shapeText(shape: Shape): string {
  const { destination, refusal, select, columns } = shape;
  const rows = columns.map((column) => [
    column.name,
    column.mysqlType,
    column.destinationName ?? '–',
    column.bigqueryType ?? '–',
    column.typeThere ?? '–',
    notesOf(column).join('; '),
  ]);
  return [
    `${tableLabel(shape)} → ${destination.dataset}.${destination.table}`,
    '',
    textTable(['column', 'MySQL', 'arrives as', 'BigQuery', 'there now', 'notes'], rows),
    '',
    ...(refusal ? [`It cannot be loaded: ${describeFailure(refusal)}`] : [`${select}`]),
  ].join('\n');
}

function notesOf(column: Shape['columns'][number]): string[] {
  const { mask, isExcluded, typeRule, tag, policies } = column;
  const fails = tag?.action === 'error' && policies.length === 0;
  return [
    ...(isExcluded ? ['excluded: not read'] : []),
    ...(mask ? [`mask ${mask}`] : []),
    ...(typeRule ? [`type: ${typeRule}`] : []),
    ...policies.map(policyText),
    ...(fails ? [`${tag.rule} fails the load`] : []),
  ];
}

/** `invalidDates: nullify (or error → DATE, string → STRING)`. */
function policyText({ policy, chosen, types }: PolicyEffect): string {
  const others = Object.entries(types).filter(([choice]) => choice !== chosen);
  return `${policy}: ${chosen} (or ${others.map(([choice, type]) => `${choice} → ${type}`).join(', ')})`;
}
