import { LoadError } from '../pipeline/errors/index.ts';
import {
  type Cancelled,
  type CancelPorts,
  cancelRun,
  cancelTables,
} from '../pipeline/interventions/index.ts';
import { newestRunFirst } from '../pipeline/names/index.ts';
import { unfinishedLoads } from '../queues/loading-tables.ts';
import type { Queues } from '../queues/queues.ts';
import { unfinishedRuns } from '../queues/unfinished-runs.ts';
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
    const ports = await cancelPorts(queues, context);
    const ended =
      runId === null
        ? await cancelNamed(parsed.tables, queues, { ports, context })
        : await cancelNamedRun(runId, queues, { ports, context });
    context.print(parsed.flags['json'] ? jsonText(ended.map(({ name }) => name)) : cancelText(ended));
    if (ended.length > 0 && !(await isWorkerAlive('ingest', context)))
      context.note('No worker is alive; the next one carries it out.');
    return 0;
  },
};

/**
 * The run that is named, or null where tables are. Throws `USAGE` where there is neither, or both.
 */
function whatToCancel(parsed: ParsedArguments): string | null {
  takesOnly(parsed, usage, ['table', 'run']);
  if (parsed.tables.length > 0 && parsed.runs.length === 0) return null;
  if (parsed.tables.length === 0 && parsed.runs.length > 0) return runArgument(parsed, usage);
  throw new LoadError('USAGE', 'What is to end: one run=RUN, or table=NAME?', {
    hint: `npm run runs lists runs. Usage: ${usage}`,
  });
}

interface Using {
  ports: CancelPorts;
  context: CommandContext;
}

async function cancelNamed(
  names: readonly string[],
  queues: Queues,
  { ports, context }: Using,
): Promise<Cancelled[]> {
  const open = [...(await unfinishedLoads(queues)), ...(await lostLoads(queues, context))];
  const knownToQueue = async () => open.map(({ table }) => table);
  const tables = await resolveTables(names, context, [knownToQueue, knownToRuns]);
  return cancelTables({ tables, open }, ports);
}

async function cancelNamedRun(name: string, queues: Queues, { ports, context }: Using): Promise<Cancelled[]> {
  const { sourceId } = context.verify;
  const runId = name === LAST_RUN ? await newestUnfinished(queues, context) : name;
  return cancelRun({ sourceId, runId, open: await unfinishedLoads(queues) }, ports);
}

async function newestUnfinished(queues: Queues, context: CommandContext): Promise<string> {
  const queued = (await unfinishedRuns(queues)).map(({ runId }) => runId);
  const [newest] = [...queued, ...(await openRuns(context))].sort(newestRunFirst);
  if (newest) return newest;
  throw new LoadError('UNKNOWN_RUN', 'No run is under way or waits.');
}

async function cancelPorts(queues: Queues, context: CommandContext): Promise<CancelPorts> {
  const { controller, ingest } = queues;
  const cancellations = await context.cancellations();
  return {
    bucket: context.ports.bucket,
    request: (name) => cancellations.request(name),
    knowsRun: async (runId) => Boolean(await controller.getJob(runId)),
    checkLost: async (runId) => {
      const known = await runsOfBucket(context);
      if (!known.includes(runId)) throw unknownRun(runId, known);
      context.note(`Run ${runId}: ${LOST_NOTE}, and there it is ended.`);
    },
    hurryRun: (runId) => hurry(controller, runId),
    hurryLoad: (loadId) => hurry(ingest, loadId),
  };
}

/** A job that is taken up by itself in this moment needs no haste. */
async function hurry(queue: Queues['controller'] | Queues['ingest'], id: string): Promise<void> {
  const job = await queue.getJob(id);
  if (await job?.isDelayed()) await job?.promote().catch(() => undefined);
}

function cancelText(ended: readonly Cancelled[]): string {
  if (ended.length === 0) return 'Nothing of it is being loaded or waits for it.';
  const lines = ended.map(({ name, label }) => `  ${label}${label.endsWith(name) ? '' : ` (${name})`}`);
  return ['Asked to end:', ...lines, 'What is being published already is brought to its end.'].join('\n');
}
