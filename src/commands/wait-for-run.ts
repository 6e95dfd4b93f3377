import { LoadError } from '../pipeline/errors/index.ts';
import { objectNames, plural, tableLabel } from '../pipeline/names/index.ts';
import { type SummaryObject, summaryObjectSchema, tablesObjectSchema } from '../pipeline/objects/index.ts';
import { readObject } from '../pipeline/ports/index.ts';
import type { Queues } from '../queues/queues.ts';
import { messageOf } from '../queues/unfinished-runs.ts';
import type { CommandContext } from './command.ts';
import { LOST_NOTE } from './lost-runs.ts';
import { isWorkerAlive } from './workers-alive.ts';

const POLL_MS = 500;
/** A worker that was started with the command needs some of it, where the machine is busy. */
const NO_WORKER_AFTER_MS = 30_000;
/** It looks every minute. */
const NO_SCHEDULER_AFTER_MS = 150_000;

/**
 * Follows a run to its end, a line a change. Throws `NO_WORKER` where nobody works on it. Returns
 * its summary.
 */
export async function waitForRun(
  runId: string,
  queues: Queues,
  context: CommandContext,
): Promise<SummaryObject> {
  const { ports, verify } = context;
  const names = objectNames(verify.sourceId);
  const follow = follower(context.note);
  const startedAt = context.now().getTime();
  let loads: { loadId: string; label: string }[] = [];
  let lostAt: number | null = null;
  for (;;) {
    // The job is asked first: a run ends with its summary, and with its job only after that.
    const job = await queues.controller.getJob(runId);
    const summary = await readObject(ports.bucket, names.summary(runId), summaryObjectSchema);
    if (summary) return summary.value;
    if (!job || job.finishedOn) {
      lostAt ??= context.now().getTime();
      follow('run', await whatIsLost(runId, lostAt, context));
    } else {
      lostAt = null;
      follow('run', messageOf(job.progress));
    }
    if (loads.length === 0) loads = await loadsOf(runId, context);
    const news = await Promise.all(loads.map(({ loadId }) => loadNews(queues, loadId)));
    for (const [index, { label }] of loads.entries()) {
      const { message = null, isPassing = false } = news[index] ?? {};
      if (!isPassing) follow(label, message);
    }
    context.activity(activityText(loads, news));
    if (
      context.now().getTime() - startedAt > NO_WORKER_AFTER_MS &&
      !(await isWorkerAlive('controller', context))
    ) {
      throw new LoadError('NO_WORKER', `No worker is alive; run ${runId} stays in the queue.`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/**
 * What is told of a run without a summary whose job is gone, or has ended: it comes back from the
 * bucket, as long as somebody looks. Throws `LOAD_ABANDONED` where not even the bucket knows it,
 * `NO_WORKER` where nobody looks.
 */
async function whatIsLost(runId: string, since: number, context: CommandContext): Promise<string> {
  const { ports, verify, now } = context;
  const names = objectNames(verify.sourceId);
  const isKnown =
    (await ports.bucket.exists(names.request(runId))) || (await ports.bucket.exists(names.tables(runId)));
  if (!isKnown)
    throw new LoadError('LOAD_ABANDONED', `Run ${runId} is known neither to Redis nor to the bucket.`);
  if (now().getTime() - since > NO_SCHEDULER_AFTER_MS) {
    const { processes } = await context.machine();
    if (!processes.alive.some(({ roles }) => roles.includes('scheduler')))
      throw new LoadError(
        'NO_WORKER',
        `Redis has lost run ${runId}, and no scheduler is alive that puts it back.`,
        {
          hint: 'Start one with: npm start',
        },
      );
  }
  return LOST_NOTE;
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
  runId: string,
  { ports, verify }: CommandContext,
): Promise<{ loadId: string; label: string }[]> {
  const tables = await readObject(
    ports.bucket,
    objectNames(verify.sourceId).tables(runId),
    tablesObjectSchema,
  );
  return (tables?.value.tables ?? []).flatMap(({ schema, table, loadId }) =>
    loadId === null ? [] : [{ loadId, label: tableLabel({ schema, table }) }],
  );
}

interface News {
  message: string | null;
  /** Will have changed in a moment. */
  isPassing: boolean;
  hasEnded: boolean;
}

async function loadNews(queues: Queues, loadId: string): Promise<News> {
  const job = await queues.ingest.getJob(loadId);
  const message = job?.finishedOn ? endMessage(job.failedReason) : messageOf(job?.progress);
  const isPassing = (job?.progress as { isPassing?: boolean } | undefined)?.isPassing === true;
  return { message, isPassing: isPassing && !job?.finishedOn, hasEnded: job?.finishedOn !== undefined };
}

function endMessage(failedReason: string | undefined): string {
  return failedReason ? `failed: ${failedReason}` : 'loaded';
}

/** How many have ended, and what one at work is doing that changes all the time. */
function activityText(loads: readonly { label: string }[], news: readonly News[]): string {
  if (loads.length === 0) return 'waiting for the decisions';
  const ended = news.filter(({ hasEnded }) => hasEnded).length;
  const done = `${ended} of ${plural(loads.length, 'table')} done`;
  const index = news.findIndex(({ isPassing }) => isPassing);
  return index < 0 ? done : `${done}; ${loads[index]?.label}: ${news[index]?.message}`;
}
