import { LoadError } from '../pipeline/errors/index.ts';
import { shellWord } from '../pipeline/names/index.ts';
import { parseArguments, takesOnly } from './arguments.ts';
import type { Command } from './command.ts';
import { startRun } from './start-run.ts';

const usage = 'npm run run -- [--wait] [--json]';

/** One whole run now, as the schedule would start it: verify decides. */
export const run: Command = {
  usage,
  summary: 'start a whole run now: verify decides what is loaded',
  examples: ['npm run run -- --wait'],
  run: async (args, context) => {
    const parsed = parseArguments(args, { wait: { type: 'boolean' }, json: { type: 'boolean' } }, usage);
    if (parsed.tables.length > 0)
      throw new LoadError('USAGE', 'A whole run takes no tables.', {
        hint: `To load them now: npm run enqueue -- ${parsed.tables.map((name) => shellWord(`table=${name}`)).join(' ')}`,
      });
    takesOnly(parsed, usage, []);
    return startRun(
      {
        tables: null,
        isForced: false,
        isWaiting: Boolean(parsed.flags['wait']),
        isJson: Boolean(parsed.flags['json']),
      },
      context,
    );
  },
};
