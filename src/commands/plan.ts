import type { VerifiedTable } from '../pipeline/decide-table.ts';
import { plural } from '../pipeline/plural.ts';
import { REASONS } from '../pipeline/reasons.ts';
import { unknownCost, unknownLines } from '../pipeline/run/unknown-cost.ts';
import { inLoadOrder } from '../pipeline/run/waves.ts';
import { tableLabel } from '../pipeline/table-ref.ts';
import type { Verified } from '../pipeline/verify.ts';
import { parseArguments, takesOnly } from './arguments.ts';
import type { Command } from './command.ts';
import { shownBytes, shownDuration, shownNumber, textTable } from './text-table.ts';
import { verifyNow } from './verify-now.ts';

const usage = 'npm run plan -- [--json]';

/** What a run would do now, and why. Changes nothing. */
export const plan: Command = {
  usage,
  summary: 'what a run would load now, in which order, and why',
  examples: ['npm run plan', 'npm run -s plan -- --json | jq \'.[] | select(.decision == "load") | .table\''],
  run: async (args, context) => {
    const parsed = parseArguments(args, { json: { type: 'boolean' } }, usage);
    takesOnly(parsed, usage, []);
    context.activity('comparing tables with their last load');
    const planned = inOrder(await verifyNow(null, context));
    context.print(
      parsed.flags['json'] ? JSON.stringify(planned.tables.map(toJson)) : planText(planned, context.now()),
    );
    return 0;
  },
};

interface PlannedTable extends VerifiedTable {
  /** Place among the loads, from 1; null for what is not loaded, or refused. */
  order: number | null;
}

interface Planned extends Verified {
  tables: PlannedTable[];
}

/** The loads in the order in which they would start, then what would be refused, then the rest. */
function inOrder(verified: Verified): Planned {
  const byDecision = new Map(verified.tables.map((table) => [table.decided, table]));
  const sorted = inLoadOrder(verified.tables.map(({ decided }) => decided)).flatMap(
    (decided) => byDecision.get(decided) ?? [],
  );
  const [refused, loads] = [
    sorted.filter(({ refusal }) => refusal),
    sorted.filter(({ refusal }) => !refusal),
  ];
  const skips = verified.tables.filter(({ decided }) => decided.load === null);
  const tables = [
    ...loads.map((table, index) => ({ ...table, order: index + 1 })),
    ...[...refused, ...skips].map((table) => ({ ...table, order: null })),
  ];
  return { ...verified, tables };
}

function toJson({ decided, refusal, order }: PlannedTable): object {
  const { load: _, ...table } = decided;
  return { order, ...table, refusal };
}

function planText({ tables, server }: Planned, now: Date): string {
  const rows = tables.map(({ decided, refusal, order }) => [
    order === null ? '' : String(order),
    tableLabel(decided),
    decided.decision,
    decided.reason,
    shownNumber(decided.rowsEstimate),
    shownBytes(decided.bytesEstimate),
    decided.lastPublishedAt
      ? `${shownDuration(decided.lastPublishedAt, now.toISOString())} ago`
      : 'none known',
    refusal ? `REFUSED, ${refusal.code}: ${refusal.message}` : (decided.note ?? REASONS[decided.reason]),
  ]);
  const loads = tables.filter(({ order }) => order !== null);
  const refused = tables.filter(({ decided, refusal }) => decided.load !== null && refusal).length;
  const bytes = loads.reduce((sum, { decided }) => sum + (decided.bytesEstimate ?? 0), 0);
  const cost = unknownCost(
    tables.map(({ decided }) => decided),
    server.dictionary,
  );
  return [
    textTable(['order', 'table', 'decision', 'reason', 'rows ~', 'size', 'last load', 'why'], rows),
    `${loads.length} of ${plural(tables.length, 'table')} would be loaded (${shownBytes(bytes)})${refused > 0 ? `, ${refused} refused` : ''}.`,
    ...unknownLines(cost, shownBytes),
  ].join('\n');
}
