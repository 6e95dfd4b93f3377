import { installationLabels } from '../../pipeline/names/index.ts';
import type { RemoteJob, RemoteJobs } from '../../pipeline/ports/index.ts';

/** From so many jobs that are waited for at once, one list tells of all of them. */
const MANY = 4;
/** How old a list may be that answers a poll. Jobs are polled each 2 s at the most. */
const FRESH_MS = 2_000;

/** Tells how jobs stand to those who wait for them in this process. */
export interface JobPoller {
  /** From now until `stop` somebody waits for a job. */
  begin(): { stop(): void };
  /** null if there is no job of that id. */
  get(id: string): Promise<RemoteJob | null>;
}

/**
 * Polls for many jobs by one list of the installation's active ones, instead of asking for each:
 * 500 tables would come near Dataproc's quota. What is not on the list has ended, or is gone, and
 * is asked for by its name.
 */
export function createJobPoller(input: {
  remoteJobs: Pick<RemoteJobs, 'get' | 'list'>;
  sourceId: string;
  now(): Date;
}): JobPoller {
  const { remoteJobs, sourceId, now } = input;
  let waiting = 0;
  let listed: { at: number; jobs: Promise<Map<string, RemoteJob>> } | null = null;
  const active = () => {
    if (listed && now().getTime() - listed.at < FRESH_MS) return listed.jobs;
    const jobs = remoteJobs
      .list(installationLabels(sourceId), 'active')
      .then((found) => new Map(found.map((job) => [job.id, job])));
    const mine = { at: now().getTime(), jobs };
    listed = mine;
    // The next poll asks anew.
    jobs.catch(() => {
      if (listed === mine) listed = null;
    });
    return jobs;
  };
  return {
    begin: () => {
      waiting += 1;
      let isStopped = false;
      return {
        stop: () => {
          if (!isStopped) waiting -= 1;
          isStopped = true;
        },
      };
    },
    get: async (id) => (waiting >= MANY ? (await active()).get(id) : undefined) ?? remoteJobs.get(id),
  };
}
