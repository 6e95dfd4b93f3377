import { plural } from '../names/index.ts';
import type { LoadObject } from '../objects/index.ts';
import type { PublishJob } from '../ports/index.ts';
import type { LoadDeps, LoadOutcome, LoadWatch, WholeStage } from './load-deps.ts';
import { confirmPublish } from './publish/index.ts';
import { publishedRow } from './published-row.ts';
import { reconcile } from './reconcile.ts';

/**
 * What a load that has been published tells history. Throws `LOADED_DIFFERS` where the counts do
 * not agree.
 */
export async function recordLoad(
  { load, stage, job }: { load: LoadObject; stage: WholeStage; job: PublishJob },
  deps: LoadDeps,
  watch: LoadWatch,
): Promise<LoadOutcome> {
  const { spec, manifest } = stage;
  const isKeyProven = reconcile({ ...stage, load }).consistency !== 'fuzzy';
  const confirmed = await confirmPublish({ load, stage, job, isKeyProven }, deps, watch.signal);
  await watch.report({
    step: 'recorded',
    attempt: spec.attemptNumber,
    message: `${plural(manifest.rows, 'row')} published`,
  });
  return {
    outcome: 'loaded',
    row: publishedRow({ ...{ load, stage, job }, now: deps.now(), ...confirmed }),
    attempt: spec.attemptNumber,
    dataObjects: manifest.objects.map(({ name: object }) => object),
  };
}
