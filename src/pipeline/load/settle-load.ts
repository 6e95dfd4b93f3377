import { LoadError, toFailure, toLoadError } from '../errors/index.ts';
import { failedRow, supersededRow } from '../history/index.ts';
import type { EndedLoad, HistoryRow, LoadObject } from '../objects/index.ts';
import { attemptJobs } from './attempt-jobs.ts';
import { endAttempt } from './end-attempt.ts';
import { awaitEnd, Superseded, withdraw } from './fence.ts';
import type { LoadDeps, LoadWatch } from './load-deps.ts';
import { gatherFacts, type LoadFacts, livePublish, NO_FACTS } from './load-facts.ts';
import { recordLoad } from './record-load.ts';

const LOOKS = 3;

/**
 * What became of a load whose job has ended, or is gone, without its processor (killed too often,
 * removed by hand, lost with Redis). Its names tell: a publish is waited for and recorded; what
 * else is under way for it is ended, because nobody waits for it, and it counts as abandoned for
 * the reason `why`. Starts nothing. Throws where a service is away.
 */
export async function settleLoad(
  { load, why }: { load: LoadObject; why: string },
  deps: LoadDeps,
  watch: LoadWatch,
): Promise<EndedLoad> {
  let facts = NO_FACTS;
  let error = new LoadError('LOAD_ABANDONED', why);
  try {
    for (let looks = 0, isOver = false; !isOver && looks < LOOKS; looks += 1) {
      facts = await gatherFacts(load, deps);
      const published = await recordPublish({ load, facts }, deps, watch);
      if (published) return { row: published, failure: null };
      // A worker that wakes later must not publish what has been told to be abandoned; or it has
      // begun to, just now.
      isOver = facts.attempt === null || (await withdraw(load, deps, watch.signal));
    }
    await endAttempt(facts, deps, watch);
  } catch (thrown) {
    if (thrown instanceof Superseded) {
      const spec = facts.attempt?.spec ?? null;
      return { row: supersededRow({ load, by: thrown.by, spec, now: deps.now() }), failure: null };
    }
    const met = toLoadError(thrown);
    // Read again it may be; but not for a load that nobody works on.
    if (met.isTransient && met.code !== 'OVERTAKEN') throw met;
    error = met;
  }
  const { attempt, attemptNumber: attempts } = facts;
  const jobs = await attemptJobs(facts, deps);
  const startedAt = attempt?.spec.createdAt ?? null;
  const row = failedRow({ load, error, attempts, startedAt, jobs, now: deps.now() });
  return { row, failure: toFailure(error, load.table) };
}

async function recordPublish(
  { load, facts }: { load: LoadObject; facts: LoadFacts },
  deps: LoadDeps,
  watch: LoadWatch,
): Promise<HistoryRow | null> {
  const { attempt, manifest } = facts;
  const publish = livePublish(facts, 0);
  if (!attempt || !manifest || !publish) return null;
  const job = await awaitEnd(publish.job, deps, watch.signal);
  if (job.error) return null;
  const outcome = await recordLoad({ load, stage: { ...attempt, manifest }, job }, deps, watch);
  return outcome.outcome === 'loaded' ? outcome.row : null;
}
