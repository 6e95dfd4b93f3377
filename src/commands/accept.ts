import { describeFailure, LoadError } from '../pipeline/errors/index.ts';
import { acceptStage, loadOfRun, newestLoadOf, type WhichTable } from '../pipeline/interventions/index.ts';
import { plural, shellWord, tableLabel } from '../pipeline/names/index.ts';
import type { LoadObject } from '../pipeline/objects/index.ts';
import { ingestAgain, ingestEnd } from '../queues/ingest-again.ts';
import { jsonText } from '../terminal/json-text.ts';
import { shownNumber } from '../terminal/text-table.ts';
import { parseArguments } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { LAST_RUN, runsOfBucket, unknownRun } from './known-runs.ts';
import { resolveTable } from './resolve-table.ts';

const usage = 'npm run accept -- run=RUN table=NAME [--wait] [--json]';
const POLL_MS = 500;

/** Publishes the very stage that the guard has stopped. */
export const accept: Command = {
  usage,
  summary: 'publish a stage that guard.maxShrink has stopped',
  examples: [
    'npm run accept -- run=20261124T060000Z table=alunos --wait',
    'npm run accept -- run=last table=alunos',
  ],
  run: async (args, context) => {
    const parsed = parseArguments(args, { wait: { type: 'boolean' }, json: { type: 'boolean' } }, usage);
    const { runs, tables, words, flags } = parsed;
    const [runId, name] = [runs[0], tables[0]];
    if (!runId || !name || runs.length + tables.length !== 2 || words.length > 0)
      throw new LoadError('USAGE', 'Expected one run=RUN and one table=NAME.', { hint: `Usage: ${usage}` });
    const load = await findLoad(runId, name, context);
    const { bucket, destination } = context.ports;
    const goOn = async (of: LoadObject) => ingestAgain(await context.queues(), of);
    const guard = await acceptStage(load, { bucket, destination, now: context.now, goOn });
    const said = { loadId: load.loadId, attemptId: guard.attemptId, rows: guard.rowsStaged };
    if (!flags['wait']) {
      context.print(
        flags['json']
          ? jsonText(said)
          : `${tableLabel(load.table)}: ${plural(guard.rowsStaged, 'row', shownNumber(guard.rowsStaged))} will be published.`,
      );
      return 0;
    }
    return waitForEnd({ load, isJson: Boolean(flags['json']), said }, context);
  },
};

/** The load of a run; of the newest that loads the table, where the run is `last`. */
async function findLoad(runId: string, name: string, context: CommandContext): Promise<LoadObject> {
  const { bucket } = context.ports;
  const { sourceId } = context.verify;
  const which: WhichTable = (tables) => resolveTable(name, tables);
  if (runId !== LAST_RUN) {
    const load = await loadOfRun({ sourceId, runId, which }, bucket);
    if (load) return load;
    throw unknownRun(runId, await runsOfBucket(context));
  }
  const newest = await newestLoadOf({ sourceId, runs: await runsOfBucket(context), which }, bucket);
  if (newest) return newest;
  throw new LoadError('NOTHING_TO_ACCEPT', `No run has loaded a table ${name}.`, {
    hint: `Load it with: npm run enqueue -- ${shellWord(`table=${name}`)}`,
  });
}

async function waitForEnd(
  { load, isJson, said }: { load: LoadObject; isJson: boolean; said: object },
  context: CommandContext,
): Promise<number> {
  const queues = await context.queues();
  context.activity(`publishing ${tableLabel(load.table)}`);
  for (;;) {
    const end = await ingestEnd(queues, load.loadId);
    if (end === 'unknown')
      throw new LoadError('LOAD_ABANDONED', `Redis does not know ${load.loadId} any more.`, {
        hint: 'Nothing was published; accept it again.',
      });
    if (end) {
      const { failure } = end;
      const text = `${tableLabel(load.table)}: ${failure ? describeFailure(failure) : 'published.'}`;
      context.print(isJson ? jsonText({ ...said, published: failure === null, error: failure }) : text);
      return failure === null ? 0 : 1;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
