import { toLoadError } from '../errors/index.ts';
import type { AttemptJobs } from '../history/index.ts';
import { dataprocJobId } from '../names/index.ts';
import { engineOf, type LoadDeps } from './load-deps.ts';
import type { LoadFacts } from './load-facts.ts';

const NONE: AttemptJobs = { engine: null, dataproc_job_id: null, bigquery_job_id: null };

/**
 * Which jobs the last attempt of a load has had, so that its row leads to the driver's output. A
 * Dataproc job that was never submitted is not named; where Dataproc cannot be asked, it is named
 * by its rule. Never throws.
 */
export async function attemptJobs(
  { attempt, publish }: Pick<LoadFacts, 'attempt' | 'publish'>,
  deps: Pick<LoadDeps, 'engines'>,
): Promise<AttemptJobs> {
  if (!attempt) return NONE;
  const { spec } = attempt;
  // One that was used up has never written anything.
  const publishId = publish && publish.job.kind !== 'burnt' ? publish.job.id : null;
  const jobs = { ...NONE, engine: spec.engine, bigquery_job_id: publishId };
  if (spec.engine !== 'dataproc') return jobs;
  const id = dataprocJobId(spec.sourceId, spec.attemptId);
  const isThere = await engineOf(spec, deps)
    .probe(attempt)
    .then(
      ({ state }) => state !== 'nothing',
      // Another's job of our name is none of ours.
      (thrown: unknown) => toLoadError(thrown).code !== 'NAME_TAKEN',
    );
  return { ...jobs, dataproc_job_id: isThere ? id : null };
}
