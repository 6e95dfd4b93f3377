import { LoadError } from '../pipeline/errors/index.ts';
import { refuseExcluded } from '../pipeline/mapping/index.ts';
import { asArgument, type TableRef, tableLabel } from '../pipeline/names/index.ts';
import { isPaused, readPauses } from '../pipeline/verify/index.ts';
import { parseArguments, takesOnly } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { resolveTables } from './known-tables.ts';
import { startRun } from './start-run.ts';

const usage = 'npm run enqueue -- table=NAME [table=NAME …] [--wait] [--json]';

/** Loads tables now, although nothing changed. */
export const enqueue: Command = {
  usage,
  summary: 'load tables now, although nothing changed',
  examples: [
    'npm run enqueue -- table=alunos --wait',
    'npm run enqueue -- table=slmandic.alunos table=notas',
  ],
  run: async (args, context) => {
    const parsed = parseArguments(args, { wait: { type: 'boolean' }, json: { type: 'boolean' } }, usage);
    takesOnly(parsed, usage, ['table']);
    if (parsed.tables.length === 0) throw new LoadError('USAGE', 'Which table?', { hint: `Usage: ${usage}` });
    const tables = await resolveTables(parsed.tables, context);
    for (const table of tables) refuseExcluded(table, context.verify);
    await refusePaused(tables, context);
    return startRun(
      {
        tables,
        isForced: true,
        isWaiting: Boolean(parsed.flags['wait']),
        isJson: Boolean(parsed.flags['json']),
      },
      context,
    );
  },
};

/**
 * Somebody has paused the table for a reason; loading it by the way would undo that without a word.
 */
async function refusePaused(tables: readonly TableRef[], { ports, verify }: CommandContext): Promise<void> {
  const pauses = await readPauses(ports.bucket, verify.sourceId);
  const [paused] = tables.filter((table) => isPaused(pauses, table));
  if (!paused) return;
  const resume = pauses.all ? '--all' : asArgument(paused);
  throw new LoadError('TABLE_PAUSED', `${tableLabel(paused)} is paused.`, {
    hint: `Resume it first: npm run resume -- ${resume}`,
  });
}
