import { distance } from 'fastest-levenshtein';
import { type ErrorCode, LoadError } from '../pipeline/errors/index.ts';
import { forgetCancelled, gatherFacts, nothingToAccept } from '../pipeline/load/index.ts';
import { objectNames, plural, shellWord, tableKey, tableLabel } from '../pipeline/names/index.ts';
import {
  type GuardObject,
  guardObjectSchema,
  type LoadObject,
  loadObjectSchema,
  tablesObjectSchema,
} from '../pipeline/objects/index.ts';
import { createObject, readObject } from '../pipeline/ports/index.ts';
import { ingestAgain, ingestEnd } from '../queues/ingest-again.ts';
import { jsonText } from '../terminal/json-text.ts';
import { shownNumber } from '../terminal/text-table.ts';
import { parseArguments } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { LAST_RUN, runsOfBucket, unknownRun } from './known-runs.ts';
import { resolveTable } from './resolve-table.ts';

const usage = 'npm run accept -- run=RUN table=NAME [--wait] [--json]';
const POLL_MS = 500;
const NOT_IN_RUN: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'UNKNOWN_RUN',
  'UNKNOWN_TABLE',
  'NOTHING_TO_ACCEPT',
]);

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
    const guard = await findGuard(load, context);
    const { bucket } = context.ports;
    const names = objectNames(load.sourceId);
    const acceptedAt = context.now().toISOString();
    const { attemptId } = guard;
    await createObject(bucket, names.accepted(attemptId), { version: 1, attemptId, acceptedAt });
    await forgetCancelled(load, bucket);
    await ingestAgain(await context.queues(), load);
    const said = { loadId: load.loadId, attemptId, rows: guard.rowsStaged };
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
  if (runId !== LAST_RUN) return loadOfRun(runId, name, context);
  for (const newest of await runsOfBucket(context)) {
    const load = await loadOfRun(newest, name, context).catch((thrown: unknown) => {
      if (thrown instanceof LoadError && NOT_IN_RUN.has(thrown.code)) return null;
      throw thrown;
    });
    if (load) return load;
  }
  throw new LoadError('NOTHING_TO_ACCEPT', `No run has loaded a table ${name}.`, {
    hint: `Load it with: npm run enqueue -- ${shellWord(`table=${name}`)}`,
  });
}

async function loadOfRun(runId: string, name: string, context: CommandContext): Promise<LoadObject> {
  const { ports, verify } = context;
  const names = objectNames(verify.sourceId);
  const tables = await readObject(ports.bucket, names.tables(runId), tablesObjectSchema);
  if (!tables) throw unknownRun(runId, await runsOfBucket(context));
  const table = resolveTable(name, tables.value.tables, distance);
  const decided = tables.value.tables.find((one) => tableKey(one) === tableKey(table));
  const load = decided?.loadId
    ? await readObject(ports.bucket, names.load(runId, decided.loadId), loadObjectSchema)
    : null;
  if (!load) throw nothingToAccept(table, `${tableLabel(table)} was not loaded in run ${runId}.`);
  return load.value;
}

/** What the guard has written down. Throws `NOTHING_TO_ACCEPT` where it stopped nothing, or the destination has changed since. */
async function findGuard(load: LoadObject, { ports }: CommandContext): Promise<GuardObject> {
  const { attempt, isStageWhole } = await gatherFacts(load, ports);
  const name = attempt && objectNames(load.sourceId).guard(attempt.spec.attemptId);
  const guard = name ? await readObject(ports.bucket, name, guardObjectSchema) : null;
  const label = tableLabel(load.table);
  if (!guard)
    throw nothingToAccept(load.table, `The guard has stopped no stage of ${label} in run ${load.runId}.`);
  const now = await ports.destination.describe(load.destination);
  if (now?.lastModified !== guard.value.before?.lastModified)
    throw nothingToAccept(
      load.table,
      `${label} was published, or changed in BigQuery, after the guard had stopped that stage.`,
    );
  if (isStageWhole) return guard.value;
  throw nothingToAccept(
    load.table,
    `The stage of ${label} is not whole any more (STAGE_RETENTION, or removed by hand).`,
  );
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
      const text = `${tableLabel(load.table)}: ${failure ?? 'published.'}`;
      context.print(isJson ? jsonText({ ...said, published: failure === null, error: failure }) : text);
      return failure === null ? 0 : 1;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
