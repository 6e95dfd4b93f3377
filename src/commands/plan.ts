import type { DecidedTable } from '../pipeline/objects/run.ts';
import { readPauses } from '../pipeline/pauses.ts';
import { REASONS } from '../pipeline/reasons.ts';
import { tableLabel } from '../pipeline/table-ref.ts';
import { verifyTables } from '../pipeline/verify.ts';
import { noWords, parseArguments } from './arguments.ts';
import type { Command } from './command.ts';
import { shownBytes, shownNumber, textTable } from './text-table.ts';

const usage = 'npm run plan -- [--json]';

/** What a run would do now, and why. Changes nothing. */
export const plan: Command = {
  usage,
  summary: 'what a run would load now, and why',
  run: async (args, context) => {
    const parsed = parseArguments(args, { json: { type: 'boolean' } }, usage);
    noWords(parsed, usage);
    const input = {
      run: 'plan',
      only: null,
      isForced: false,
      loadingElsewhere: new Set<string>(),
      pauses: await readPauses(context.ports.stage, context.verify.sourceId),
      now: context.now(),
    };
    const { tables } = await verifyTables(input, context.verify, context.ports);
    const decided = tables.map((table) => table.decided);
    context.print(parsed.flags['json'] ? JSON.stringify(decided.map(planned)) : planText(decided));
    return 0;
  },
};

function planned({ load: _, ...table }: DecidedTable): Omit<DecidedTable, 'load'> {
  return table;
}

function planText(tables: readonly DecidedTable[]): string {
  const rows = tables.map((table) => [
    tableLabel(table),
    table.decision,
    table.reason,
    shownNumber(table.rowsEstimate),
    shownBytes(table.bytesEstimate),
    table.lastPublishedAt ?? 'never',
    REASONS[table.reason],
  ]);
  const loads = tables.filter(({ decision }) => decision === 'load');
  const bytes = loads.reduce((sum, table) => sum + (table.bytesEstimate ?? 0), 0);
  return `${textTable(['table', 'decision', 'reason', 'rows ~', 'size', 'last load', ''], rows)}\n${loads.length} of ${tables.length} tables would be loaded (${shownBytes(bytes)}).`;
}
