import { plural } from '../names/index.ts';
import type { LoadObject } from '../objects/index.ts';
import type { PublishJob } from '../ports/index.ts';
import { rememberDropped } from './foreign-columns.ts';
import type { LoadDeps, LoadOutcome, LoadWatch, WholeStage } from './load-deps.ts';
import { readPublish } from './load-facts.ts';
import { confirmLoaded } from './publish/confirm.ts';
import { applyDesign } from './publish/table-options.ts';
import { publishedRow } from './published-row.ts';
import { reconcile } from './reconcile.ts';

/** What a load that has been published tells history. Throws `LOADED_DIFFERS` where the counts do not agree. */
export async function recordLoad(
  { load, stage, job }: { load: LoadObject; stage: WholeStage; job: PublishJob },
  deps: LoadDeps,
  watch: LoadWatch,
): Promise<LoadOutcome> {
  const { spec, manifest } = stage;
  const counts = reconcile({ ...stage, load });
  const planned = await readPublish(load, spec.attemptId, deps);
  const { facts, isUntouched } = await confirmLoaded(
    // Without the object (an older version's publish) there is no telling: nothing is removed then.
    { load, spec, job, rowsStaged: manifest.rows, before: planned ? planned.before : UNKNOWN_BEFORE },
    deps,
    watch.signal,
  );
  const ended = job.endedAt ?? deps.now().toISOString();
  // A design is that of the rows: what another load, or a person, has put there since has its own.
  const designedAt = isUntouched
    ? await applyDesign(
        { load, facts, isKeyProven: counts.consistency !== 'fuzzy', endedAt: new Date(ended) },
        deps,
      )
    : null;
  if (isUntouched && planned?.schemaChange?.removed.length) await rememberDropped(load, deps.bucket);
  await watch.report({
    step: 'recorded',
    attempt: spec.attemptNumber,
    message: `${plural(manifest.rows, 'row')} published`,
  });
  const row = publishedRow({
    ...{ load, stage, job, planned },
    now: deps.now(),
    // What somebody else has changed after the publish stays a difference.
    destinationModified: isUntouched ? (designedAt ?? facts?.lastModified ?? null) : null,
  });
  return {
    outcome: 'loaded',
    row,
    attempt: spec.attemptNumber,
    dataObjects: manifest.objects.map(({ name: object }) => object),
  };
}

const UNKNOWN_BEFORE = { rows: 0, lastModified: '' };
