import { LoadError } from '../pipeline/load-error.ts';
import { noWords, parseArguments } from './arguments.ts';
import type { Command } from './command.ts';
import { resolveTables } from './known-tables.ts';
import { startRun } from './start-run.ts';

const usage = 'npm run enqueue -- table=NAME [table=NAME …] [--wait] [--json]';

/** Loads tables now, although nothing changed. */
export const enqueue: Command = {
  usage,
  summary: 'load tables now, although nothing changed',
  run: async (args, context) => {
    const parsed = parseArguments(args, { wait: { type: 'boolean' }, json: { type: 'boolean' } }, usage);
    noWords(parsed, usage);
    if (parsed.tables.length === 0) throw new LoadError('USAGE', 'Which table?', { hint: `Usage: ${usage}` });
    const tables = await resolveTables(parsed.tables, context);
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
