import { LoadError } from '../pipeline/errors/index.ts';
import { newestRunFirst, objectNames, tableKey, tableLabel } from '../pipeline/names/index.ts';
import { tablesObjectSchema } from '../pipeline/objects/index.ts';
import { readObject } from '../pipeline/ports/index.ts';
import { unfinishedLoads } from '../queues/loading-tables.ts';
import type { Queues } from '../queues/queues.ts';
import { unfinishedRuns } from '../queues/unfinished-runs.ts';
import type { Cancellations } from '../redis/cancellations.ts';
import { jsonText } from '../terminal/json-text.ts';
import { type ParsedArguments, parseArguments, runArgument, takesOnly } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { LAST_RUN, runsOfBucket, unknownRun } from './known-runs.ts';
import { knownToRuns, resolveTables } from './known-tables.ts';
import { LOST_NOTE, lostLoads, openRuns } from './lost-runs.ts';
import { isWorkerAlive } from './workers-alive.ts';

const usage = 'npm run cancel -- run=RUN | table=NAME [table=NAME …] [--json]';

/** Ends what is being loaded or waits for it. */
export const cancel: Command = {
  usage,
  summary: 'end a run, or the loads of a table, with their Dataproc jobs',
  examples: [
    'npm run cancel -- table=notas',
    'npm run cancel -- run=20261124T060000Z',
    'npm run cancel -- run=last',
  ],
  run: async (args, context) => {
    const parsed = parseArguments(args, { json: { type: 'boolean' } }, usage);
    const runId = whatToCancel(parsed);
    const queues = await context.queues();
    const cancellations = await context.cancellations();
    const loads =
      runId === null
        ? await loadsOfTables(parsed.tables, queues, context)
        : await loadsOfRun(runId, { queues, cancellations }, context);
    for (const { loadId } of loads) {
      await cancellations.request(loadId);
      await hurry(queues, loadId);
    }
    context.print(parsed.flags['json'] ? jsonText(loads.map(({ loadId }) => loadId)) : cancelText(loads));
    if (loads.length > 0 && !(await isWorkerAlive('ingest', context)))
      context.note('No worker is alive; the next one carries it out.');
    return 0;
  },
};

/** The run that is named, or null where tables are. Throws `USAGE` where there is neither, or both. */
function whatToCancel(parsed: ParsedArguments): string | null {
  takesOnly(parsed, usage, ['table', 'run']);
  if (parsed.tables.length > 0 && parsed.runs.length === 0) return null;
  if (parsed.tables.length === 0 && parsed.runs.length > 0) return runArgument(parsed, usage);
  throw new LoadError('USAGE', 'What is to end: one run=RUN, or table=NAME?', {
    hint: `npm run runs lists runs. Usage: ${usage}`,
  });
}

interface Wanted {
  loadId: string;
  label: string;
}

async function loadsOfTables(
  names: readonly string[],
  queues: Queues,
  context: CommandContext,
): Promise<Wanted[]> {
  const loads = [...(await unfinishedLoads(queues)), ...(await lostLoads(queues, context))];
  const knownToQueue = async () => loads.map(({ table }) => table);
  const resolved = await resolveTables(names, context, [knownToQueue, knownToRuns]);
  const wanted = new Set(resolved.map(tableKey));
  return loads
    .filter(({ table }) => wanted.has(tableKey(table)))
    .map(({ loadId, table }) => ({ loadId, label: tableLabel(table) }));
}

async function newestUnfinished(queues: Queues, context: CommandContext): Promise<string> {
  const queued = (await unfinishedRuns(queues)).map(({ runId }) => runId);
  const [newest] = [...queued, ...(await openRuns(context))].sort(newestRunFirst);
  if (newest) return newest;
  throw new LoadError('UNKNOWN_RUN', 'No run is under way or waits.');
}

/** The run itself, for one that has not fanned out, or is known to the bucket alone, and its unfinished loads. Throws `UNKNOWN_RUN`. */
async function loadsOfRun(
  name: string,
  { queues, cancellations }: { queues: Queues; cancellations: Cancellations },
  context: CommandContext,
): Promise<Wanted[]> {
  const { ports, verify, note } = context;
  const runId = name === LAST_RUN ? await newestUnfinished(queues, context) : name;
  const names = objectNames(verify.sourceId);
  // A run ends with its summary, whatever has become of its job.
  if (await ports.bucket.exists(names.summary(runId)))
    throw new LoadError('UNKNOWN_RUN', `Run ${runId} has ended.`);
  const job = await queues.controller.getJob(runId);
  if (!job) {
    const known = await runsOfBucket(context);
    if (!known.includes(runId)) throw unknownRun(runId, known);
    note(`Run ${runId}: ${LOST_NOTE}, and there it is ended.`);
  }
  const decided = await readObject(ports.bucket, names.tables(runId), tablesObjectSchema);
  const loads = (await unfinishedLoads(queues)).filter((load) => load.runId === runId);
  if (!job || !decided || loads.length === 0) {
    await cancellations.request(runId);
    if (await job?.isDelayed()) await job?.promote();
  }
  return [
    { loadId: runId, label: `run ${runId}` },
    ...loads.map(({ loadId, table }) => ({ loadId, label: tableLabel(table) })),
  ];
}

/** A load that waits for its next attempt need not wait any more. */
async function hurry(queues: Queues, loadId: string): Promise<void> {
  const job = await queues.ingest.getJob(loadId);
  if (await job?.isDelayed()) await job?.promote().catch(() => undefined);
}

function cancelText(loads: readonly Wanted[]): string {
  if (loads.length === 0) return 'Nothing of it is being loaded or waits for it.';
  const lines = loads.map(
    ({ loadId, label }) => `  ${label}${loadId === label.slice(4) ? '' : ` (${loadId})`}`,
  );
  return ['Asked to end:', ...lines, 'What is being published already is brought to its end.'].join('\n');
}
