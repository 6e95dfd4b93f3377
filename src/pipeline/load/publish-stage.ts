import { LoadError } from '../load-error.ts';
import { jobLabels, publishJobId } from '../names.ts';
import type { LoadObject } from '../objects/load.ts';
import type { PublishJob } from '../ports/destination.ts';
import { planPublish, type SchemaChange } from './destination-schema.ts';
import type { LoadDeps, LoadWatch, WholeStage } from './load-deps.ts';
import { checkIsOurs } from './load-facts.ts';

const POLL_MIN_MS = 500;
const POLL_MAX_MS = 10_000;
/** BigQuery's clock for a table's change may lie a little behind the end of the job that made it. */
const MODIFIED_TOLERANCE_MS = 10_000;

export interface Published {
  job: PublishJob;
  schemaChange: SchemaChange;
}

/** Starts the publish under its fixed id, or attaches to it, and waits until it has ended. The caller looks at its error. */
export async function publishStage(
  input: { load: LoadObject; stage: WholeStage; publishNumber: number },
  deps: LoadDeps,
  watch: LoadWatch,
): Promise<Published> {
  const { load, stage, publishNumber } = input;
  const { destination } = deps;
  await destination.ensureDataset(load.destination.dataset);
  const existing = await destination.describe(load.destination);
  const plan = await planPublish(load, existing, () => destination.hasRowAccessPolicies(load.destination));
  const { spec, specSha256, manifest } = stage;
  const id = publishJobId({ sourceId: load.sourceId, attempt: spec.attempt, publishNumber });
  await watch.report({
    step: 'publish',
    attempt: spec.attemptNumber,
    message: `publishing ${manifest.rows} rows as ${id} (${plan.disposition})`,
  });
  const job = await destination.publish({
    id,
    labels: jobLabels({
      sourceId: load.sourceId,
      run: load.run,
      load: load.load,
      attemptNumber: spec.attemptNumber,
      specSha256,
    }),
    destination: load.destination,
    uris: manifest.objects.map(({ name }) => `gs://${spec.stage.bucket}/${name}`),
    columns: plan.columns,
    nullToken: spec.nullToken,
    disposition: plan.disposition,
  });
  checkIsOurs(job, stage, load);
  return { job: await awaitPublish(job, deps, watch), schemaChange: plan.change };
}

/** Polls a publish until it has ended. Never gives up by itself: no other publish may start before this one is over. */
export async function awaitPublish(job: PublishJob, deps: LoadDeps, watch: LoadWatch): Promise<PublishJob> {
  let current = job;
  for (let waitMs = POLL_MIN_MS; current.state !== 'done'; waitMs = Math.min(waitMs * 1.5, POLL_MAX_MS)) {
    await deps.sleep(waitMs, watch.signal);
    const found = await deps.destination.getPublish(job.id);
    if (!found)
      throw new LoadError(
        'DESTINATION_UNAVAILABLE',
        `BigQuery no longer knows job ${job.id}, which was running.`,
      );
    current = found;
  }
  return current;
}

/**
 * Compares what BigQuery loaded with what was staged, by the job's own count and the table's. A difference puts the
 * table back from time travel and throws `LOADED_DIFFERS`. Returns `destination_modified`, or null where somebody
 * changed the table after the publish (then the next verify sees a difference and loads).
 */
export async function confirmLoaded(
  input: { load: LoadObject; job: PublishJob; rowsStaged: number },
  deps: LoadDeps,
): Promise<string | null> {
  const { load, job, rowsStaged } = input;
  if (job.outputRows !== rowsStaged) {
    await putBack(load, job, deps);
    throw new LoadError(
      'LOADED_DIFFERS',
      `BigQuery loaded ${job.outputRows} of ${rowsStaged} staged rows with ${job.id}.`,
    );
  }
  const facts = await deps.destination.describe(load.destination);
  if (!facts || !job.endedAt) return null;
  const isUntouched = Date.parse(facts.lastModified) <= Date.parse(job.endedAt) + MODIFIED_TOLERANCE_MS;
  if (!isUntouched) return null;
  if (facts.rows === rowsStaged) return facts.lastModified;
  await putBack(load, job, deps);
  throw new LoadError(
    'LOADED_DIFFERS',
    `${load.destination.dataset}.${load.destination.table} holds ${facts.rows} rows after ${rowsStaged} were loaded.`,
  );
}

async function putBack(load: LoadObject, job: PublishJob, deps: LoadDeps): Promise<void> {
  if (!job.startedAt) return;
  const at = new Date(Date.parse(job.startedAt) - 1);
  await deps.destination.restore({ id: `${job.id}-restore`, destination: load.destination, at });
}
