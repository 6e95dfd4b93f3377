import { jsonText } from '../terminal/json-text.ts';
import { parseArguments, takesOnly } from './arguments.ts';
import type { Command } from './command.ts';

const usage = 'npm run deploy -- [--json]';

/**
 * Puts the Spark script and the MySQL driver into the bucket; the worker does it too, at its first
 * load.
 */
export const deploy: Command = {
  usage,
  summary: 'put the Spark script and the MySQL driver into the bucket',
  examples: ['npm run deploy'],
  run: async (args, context) => {
    const parsed = parseArguments(args, { json: { type: 'boolean' } }, usage);
    takesOnly(parsed, usage, []);
    context.activity('uploading script and driver');
    const uris = await context.deploy();
    context.print(parsed.flags['json'] ? jsonText(uris) : uris.join('\n'));
    return 0;
  },
};
