import { LoadError, reached } from '../../errors/index.ts';
import { newDestination } from '../../mapping/index.ts';
import { jobLabels, objectNames, objectUri, plural, publishJobId } from '../../names/index.ts';
import type { DestinationRef, LoadObject, PublishObject, SchemaChange } from '../../objects/index.ts';
import {
  createObject,
  type DestinationColumn,
  type DestinationFacts,
  type PublishJob,
  type TableChanges,
} from '../../ports/index.ts';
import { awaitEnd, claim } from '../fence.ts';
import { foreignColumns, protectForeign, rememberMade } from '../foreign-columns.ts';
import { guardAgainstShrinking } from '../guard.ts';
import type { LoadDeps, LoadWatch, WholeStage } from '../load-deps.ts';
import { checkIsOurs } from '../load-facts.ts';
import { needsRebuild } from '../needs-rebuild.ts';
import { type PublishPlan, planPublish } from './plan-schema.ts';

/**
 * Starts the publish under its fixed id, or attaches to it, and waits until it has ended. The
 * caller looks at its error, and whether the id was `burnt` by somebody else. Nothing of the
 * destination is looked at, or changed, before the fence lets it. Throws as `claim` does.
 */
export async function publishStage(
  input: { load: LoadObject; stage: WholeStage; publishNumber: number; isKeyProven: boolean },
  deps: LoadDeps,
  watch: LoadWatch,
): Promise<PublishJob> {
  const { load, stage, publishNumber } = input;
  const { destination } = deps;
  const { spec, specSha256, manifest } = stage;
  const { sourceId } = load;
  const { attemptId, attemptNumber } = spec;
  await destination.ensureDataset(load.destination.dataset);
  const id = publishJobId({ sourceId, attemptId, publishNumber });
  await claim({ load, spec, job: id, kind: 'load' }, deps, watch.signal);
  const { plan, target, isMade } = await prepare(input, deps);
  await watch.report({
    step: 'publish',
    attempt: attemptNumber,
    message: `publishing ${plural(manifest.rows, 'row')} as ${id} (${plan.disposition})`,
  });
  const { runId } = load;
  reached('F10');
  const job = await destination.publish({
    id,
    labels: jobLabels({ sourceId, runId, loadId: load.loadId, attemptNumber, specSha256 }),
    destination: target,
    uris: manifest.objects.map(({ name }) => objectUri(spec.stage.bucket, name)),
    columns: plan.columns,
    nullToken: spec.nullToken,
    disposition: plan.disposition,
    partitioning: isMade ? load.tableOptions.partitioning : null,
    clustering: isMade ? load.tableOptions.clustering : [],
  });
  checkIsOurs(job, stage, load);
  const ended = await awaitEnd(job, deps, watch.signal);
  reached('F11p');
  return ended;
}

/** Looks at the destination, plans the publish, remembers what it was, and makes it ready. */
async function prepare(
  input: { load: LoadObject; stage: WholeStage; isKeyProven: boolean },
  deps: LoadDeps,
): Promise<{ plan: PublishPlan; target: DestinationRef; isMade: boolean }> {
  const { load, stage } = input;
  const { destination } = deps;
  const existing = await destination.describe(load.destination);
  const hasPolicies = () => destination.hasRowAccessPolicies(load.destination);
  const foreign = await foreignColumns(load, existing, deps.bucket);
  protectForeign(load, foreign);
  const isRebuild = await needsRebuild({ load, existing }, hasPolicies);
  const plan = await planPublish(
    {
      columns: stage.spec.columns,
      existing: isRebuild ? null : existing,
      rebuilt: isRebuild ? (existing?.columns ?? []) : [],
    },
    load.publishing,
    hasPolicies,
  );
  await guardAgainstShrinking({ load, stage, existing }, deps);
  await rememberPublish({ load, stage, change: plan.change, existing }, deps);
  await rememberMade({ load, existing, foreign }, deps.bucket);
  const target = isRebuild ? newDestination(load.destination) : load.destination;
  if (isRebuild) await destination.remove(target);
  else if (existing) await prepareTable({ ...input, existing, widened: plan.widened }, deps);
  return { plan, target, isMade: isRebuild || !existing };
}

/**
 * Written once an attempt, before anything of the destination changes: a second publish of it finds
 * what the first one planned.
 */
async function rememberPublish(
  input: {
    load: LoadObject;
    stage: WholeStage;
    change: SchemaChange | null;
    existing: DestinationFacts | null;
  },
  deps: LoadDeps,
): Promise<void> {
  const { load, stage, change, existing } = input;
  const { attemptId } = stage.spec;
  const publish: PublishObject = {
    version: 1,
    attemptId,
    schemaChange: change,
    before: existing && { rows: existing.rows, lastModified: existing.lastModified },
    createdAt: deps.now().toISOString(),
  };
  await createObject(deps.bucket, objectNames(load.sourceId).publish(attemptId), publish);
}

/**
 * What a table that stays needs before its rows are replaced: more columns, another clustering, and
 * no key that they may break.
 */
async function prepareTable(
  input: {
    load: LoadObject;
    existing: DestinationFacts;
    widened: readonly DestinationColumn[] | null;
    isKeyProven: boolean;
  },
  { destination }: LoadDeps,
): Promise<void> {
  const { load, existing, widened, isKeyProven } = input;
  const { clustering, primaryKey } = load.tableOptions;
  const isKeyKept = isKeyProven && primaryKey.join('\0') === existing.primaryKey.join('\0');
  const isClusteredSo = clustering.length === 0 || clustering.join('\0') === existing.clustering.join('\0');
  const changes: TableChanges = {
    ...(widened && { columns: widened }),
    ...(!isClusteredSo && { clustering }),
    ...(existing.primaryKey.length > 0 && !isKeyKept && { primaryKey: [] }),
  };
  if (Object.keys(changes).length === 0) return;
  if (await destination.alter({ destination: load.destination, etag: existing.etag, changes })) return;
  throw new LoadError(
    'DESTINATION_UNAVAILABLE',
    'The destination was changed by somebody else in the moment before its load.',
  );
}
