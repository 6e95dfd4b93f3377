import type { Queue } from 'bullmq';
import type { Adapters } from '../src/composition/adapters.ts';
import { attemptName, dataprocJobId, publishJobId } from '../src/pipeline/names/index.ts';
import type { SummaryObject } from '../src/pipeline/objects/index.ts';
import type { RemoteJobs } from '../src/pipeline/ports/index.ts';

/** Where the time of a run went, in milliseconds. */
export interface RunTimes {
  total: number;
  /** Dataproc jobs, from submission to end. */
  spark: number;
  /**
   * BigQuery load jobs, from their insert to their end, and the queries before and after the loads.
   */
  bigquery: number;
  /** From the end of a remote job to the poll that sees it. */
  polling: number;
  /** What is left: Adutora's own. */
  own: number;
}

const PUBLISH_POLLS_MS = [500, 750, 1_125, 1_687, 2_531];

/**
 * Takes a run apart by what the vendors and the loads' logs recorded. Loads must not overlap
 * (INGEST_CONCURRENCY=1).
 */
export async function runTimes(
  summary: SummaryObject,
  requestedAt: Date,
  from: {
    sourceId: string;
    loads: readonly string[];
    ingest: Queue;
    remoteJobs: RemoteJobs;
    adapters: Adapters;
    queryJobs(): Promise<{ start: number; end: number }[]>;
  },
): Promise<RunTimes> {
  const times = {
    total: Date.parse(summary.endedAt) - requestedAt.getTime(),
    spark: 0,
    bigquery: 0,
    polling: 0,
  };
  const windows: { start: number; end: number }[] = [];
  for (const loadId of from.loads) {
    const job = await from.ingest.getJob(loadId);
    windows.push({ start: job?.processedOn ?? 0, end: job?.finishedOn ?? 0 });
    const remote = await from.remoteJobs.get(dataprocJobId(from.sourceId, attemptName(loadId, 1)));
    const publish = await from.adapters.destination.getPublish(
      publishJobId({ sourceId: from.sourceId, attemptId: attemptName(loadId, 1), publishNumber: 1 }),
    );
    if (!remote?.submittedAt || !remote.stateSince || !publish?.endedAt)
      throw new Error(`${loadId}: its jobs are not to be found`);
    const { logs } = await from.ingest.getJobLogs(loadId);
    const remoteEnd = Date.parse(remote.stateSince);
    times.spark += remoteEnd - Date.parse(remote.submittedAt);
    times.bigquery += Date.parse(publish.endedAt) - logTime(logs, 'publishing');
    times.polling += logTime(logs, ': DONE') - remoteEnd;
    times.polling += publishPolling(logTime(logs, 'publishing'), Date.parse(publish.endedAt));
  }
  times.bigquery += queryTime(await from.queryJobs(), {
    windows,
    from: requestedAt.getTime(),
    until: Date.parse(summary.endedAt),
  });
  return { ...times, own: times.total - times.spark - times.bigquery - times.polling };
}

/**
 * Queries of verify and the last MERGE: those of the run that lie beside its loads. Others cost no
 * time of their own.
 */
function queryTime(
  queries: readonly { start: number; end: number }[],
  run: { windows: readonly { start: number; end: number }[]; from: number; until: number },
): number {
  const beside = queries
    .filter(({ start, end }) => start >= run.from && end <= run.until)
    .filter((query) => !run.windows.some(({ start, end }) => query.start < end && query.end > start));
  return beside.reduce((sum, { start, end }) => sum + end - start, 0);
}

function logTime(logs: readonly string[], text: string): number {
  const line = logs.find((one) => one.includes(text));
  if (!line) throw new Error(`no line with ${text}: ${logs.join('\n')}`);
  return Date.parse(line.split(' ')[0] ?? '');
}

/**
 * From the end of a load job to the next look at it; the looks follow the insert at known times.
 */
function publishPolling(insertedAt: number, endedAt: number): number {
  let look = insertedAt;
  for (const waitMs of PUBLISH_POLLS_MS) {
    look += waitMs;
    if (look >= endedAt) return look - endedAt;
  }
  return 0;
}
