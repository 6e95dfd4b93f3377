import { readObject } from '../pipeline/json-objects.ts';
import { LoadError } from '../pipeline/load-error.ts';
import { objectNames } from '../pipeline/names.ts';
import { type SummaryObject, summaryObjectSchema, tablesObjectSchema } from '../pipeline/objects/run.ts';
import { plural } from '../pipeline/plural.ts';
import { tableLabel } from '../pipeline/table-ref.ts';
import type { Queues } from '../queues/queues.ts';
import { messageOf } from '../queues/unfinished-runs.ts';
import type { CommandContext } from './command.ts';
import { isWorkerAlive } from './workers-alive.ts';

const POLL_MS = 500;
const NO_WORKER_AFTER_MS = 10_000;

/** Follows a run to its end, a line a change. Throws `NO_WORKER` where nobody works on it. Returns its summary. */
export async function waitForRun(
  run: string,
  queues: Queues,
  context: CommandContext,
): Promise<SummaryObject> {
  const { ports, verify } = context;
  const names = objectNames(verify.sourceId);
  const follow = follower(context.note);
  const startedAt = context.now().getTime();
  let loads: { load: string; label: string }[] = [];
  for (;;) {
    // The job is asked first: a run ends with its summary, and with its job only after that.
    const job = await queues.controller.getJob(run);
    const summary = await readObject(ports.stage, names.summary(run), summaryObjectSchema);
    if (summary) return summary.value;
    if (!job) throw new LoadError('LOAD_ABANDONED', `Run ${run} is no longer in the queue.`);
    if (job.finishedOn) throw new LoadError('LOAD_ABANDONED', `Run ${run}: ${job.failedReason}`);
    follow('run', messageOf(job.progress));
    if (loads.length === 0) loads = await loadsOf(run, context);
    const messages = await Promise.all(loads.map(({ load }) => loadMessage(queues, load)));
    for (const [index, { label }] of loads.entries()) follow(label, messages[index] ?? null);
    const ended = messages.filter((message) => message !== null && /^(loaded|failed)/.test(message)).length;
    context.activity(
      loads.length === 0 ? 'waiting for the decisions' : `${ended} of ${plural(loads.length, 'table')} done`,
    );
    if (
      context.now().getTime() - startedAt > NO_WORKER_AFTER_MS &&
      !(await isWorkerAlive('controller', context))
    ) {
      throw new LoadError('NO_WORKER', `No worker is alive; run ${run} stays in the queue.`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Says a line only when it has changed. */
function follower(note: (line: string) => void): (who: string, message: string | null) => void {
  const last = new Map<string, string>();
  return (who, message) => {
    if (message === null || last.get(who) === message) return;
    last.set(who, message);
    note(`${who}: ${message}`);
  };
}

async function loadsOf(
  run: string,
  { ports, verify }: CommandContext,
): Promise<{ load: string; label: string }[]> {
  const tables = await readObject(ports.stage, objectNames(verify.sourceId).tables(run), tablesObjectSchema);
  return (tables?.value.tables ?? []).flatMap(({ schema, table, load }) =>
    load === null ? [] : [{ load, label: tableLabel({ schema, table }) }],
  );
}

async function loadMessage(queues: Queues, load: string): Promise<string | null> {
  const job = await queues.ingest.getJob(load);
  if (!job) return null;
  if (job.finishedOn) return job.failedReason ? `failed: ${job.failedReason}` : 'loaded';
  return messageOf(job.progress);
}
