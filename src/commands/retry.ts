import { LoadError } from '../pipeline/errors/index.ts';
import { objectNames } from '../pipeline/names/index.ts';
import { type SummaryObject, summaryObjectSchema } from '../pipeline/objects/index.ts';
import { readObject } from '../pipeline/ports/index.ts';
import { jsonText } from '../terminal/json-text.ts';
import { parseArguments, runArgument } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { LAST_RUN, runsOfBucket, unknownRun } from './known-runs.ts';
import { withPublishedSince } from './published-since.ts';
import { startRun } from './start-run.ts';

const usage = 'npm run retry -- run=RUN [--wait] [--json]';

/** A new manual run of the tables that failed in an older one. */
export const retry: Command = {
  usage,
  summary: 'a new run of what failed in an older one',
  examples: ['npm run retry -- run=20261124T060000Z --wait', 'npm run retry -- run=last'],
  run: async (args, context) => {
    const parsed = parseArguments(args, { wait: { type: 'boolean' }, json: { type: 'boolean' } }, usage);
    const summary = await endedRun(runArgument(parsed, usage), context);
    const failed = summary.tables.filter(({ status }) => status === 'failed' || status === 'cancelled');
    // A run that failed before its decisions has no tables: all are decided anew.
    const wanted = summary.error ? null : failed.map(({ schema, table }) => ({ schema, table }));
    if (wanted?.length === 0) {
      context.print(
        parsed.flags['json'] ? jsonText({ runId: null }) : `Nothing failed in run ${summary.runId}.`,
      );
      return 0;
    }
    const isWaiting = Boolean(parsed.flags['wait']);
    return startRun(
      { tables: wanted, isForced: wanted !== null, isWaiting, isJson: Boolean(parsed.flags['json']) },
      context,
    );
  },
};

/** The summary of a run as it is now; `last` is the newest that has ended. Throws `UNKNOWN_RUN`. */
async function endedRun(name: string, context: CommandContext): Promise<SummaryObject> {
  const { ports, verify } = context;
  const names = objectNames(verify.sourceId);
  const known = await runsOfBucket(context);
  for (const runId of name === LAST_RUN ? known : [name]) {
    const summary = await readObject(ports.bucket, names.summary(runId), summaryObjectSchema);
    if (summary) return (await withPublishedSince(summary.value, context)).summary;
  }
  if (name === LAST_RUN) throw new LoadError('UNKNOWN_RUN', 'No run has ended yet.');
  if (known.includes(name))
    throw new LoadError('UNKNOWN_RUN', `Run ${name} has not ended yet.`, {
      hint: `See npm run runs; to end it: npm run cancel -- run=${name}`,
    });
  throw unknownRun(name, known);
}
