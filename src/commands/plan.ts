import { readPauses } from '../pipeline/pauses.ts';
import { REASONS } from '../pipeline/reasons.ts';
import { tableLabel } from '../pipeline/table-ref.ts';
import { type VerifiedTable, verifyTables } from '../pipeline/verify.ts';
import { noWords, parseArguments } from './arguments.ts';
import type { Command } from './command.ts';
import { shownBytes, shownNumber, textTable } from './text-table.ts';

const usage = 'npm run plan -- [--json]';

/** What a run would do now, and why. Changes nothing. */
export const plan: Command = {
  usage,
  summary: 'what a run would load now, and why',
  examples: ['npm run plan', 'npm run -s plan -- --json | jq \'.[] | select(.decision == "load") | .table\''],
  run: async (args, context) => {
    const parsed = parseArguments(args, { json: { type: 'boolean' } }, usage);
    noWords(parsed, usage);
    context.activity('comparing tables with their last load');
    const input = {
      run: 'plan',
      only: null,
      isForced: false,
      loadingElsewhere: new Set<string>(),
      pauses: await readPauses(context.ports.stage, context.verify.sourceId),
      now: context.now(),
    };
    const { tables } = await verifyTables(input, context.verify, context.ports);
    context.print(parsed.flags['json'] ? JSON.stringify(tables.map(planned)) : planText(tables));
    return 0;
  },
};

function planned({ decided, refusal }: VerifiedTable): object {
  const { load: _, ...table } = decided;
  return { ...table, refusal };
}

function planText(tables: readonly VerifiedTable[]): string {
  const rows = tables.map(({ decided, refusal }) => [
    tableLabel(decided),
    decided.decision,
    decided.reason,
    shownNumber(decided.rowsEstimate),
    shownBytes(decided.bytesEstimate),
    decided.lastPublishedAt ?? 'never',
    refusal ? `REFUSED, ${refusal.code}: ${refusal.message}` : REASONS[decided.reason],
  ]);
  const loads = tables.filter(({ decided, refusal }) => decided.decision === 'load' && !refusal);
  const bytes = loads.reduce((sum, { decided }) => sum + (decided.bytesEstimate ?? 0), 0);
  return `${textTable(['table', 'decision', 'reason', 'rows ~', 'size', 'last load', ''], rows)}\n${loads.length} of ${tables.length} tables would be loaded (${shownBytes(bytes)}).`;
}
