import { LoadError } from '../errors/index.ts';
import { isBeside, newDestination } from '../mapping/index.ts';
import {
  attemptName,
  isOurs,
  objectNames,
  parseAttempt,
  parseObjectName,
  publishJobId,
  sha256Hex,
} from '../names/index.ts';
import {
  type LoadObject,
  type Manifest,
  manifestSchema,
  type PublishObject,
  publishObjectSchema,
  type Spec,
  specSchema,
} from '../objects/index.ts';
import { type Bucket, type PublishJob, readObject } from '../ports/index.ts';
import { type AttemptSpec, engineOf, type LoadDeps } from './load-deps.ts';

/** Publish numbers of one attempt. */
export const MAX_PUBLISHES = 3;

/** What exists under the names of a load's highest attempt; found by asking, never remembered. */
export interface LoadFacts {
  /** Highest attempt that has a spec; 0 where there is none. */
  attemptNumber: number;
  attempt: AttemptSpec | null;
  /**
   * The newest of the attempt's publish jobs; it may be one that somebody else has used up
   * (`burnt`).
   */
  publish: { number: number; job: PublishJob; isBeside: boolean } | null;
  manifest: Manifest | null;
  /** True where every object of the manifest is as it lists it. */
  isStageWhole: boolean;
}

/** A load that nothing has been started for. */
export const NO_FACTS: LoadFacts = {
  attemptNumber: 0,
  attempt: null,
  publish: null,
  manifest: null,
  isStageWhole: false,
};

/**
 * The attempt's publish, as far as it writes or has written: neither failed nor used up. What lies
 * beside the destination only is none any more where the load was told to go on with a later
 * attempt.
 */
export function livePublish(
  { publish, attemptNumber }: LoadFacts,
  nextAttempt: number,
): LoadFacts['publish'] {
  if (!publish || publish.job.kind === 'burnt' || publish.job.error) return null;
  const isGivenUp = publish.isBeside && publish.job.state === 'done' && nextAttempt > attemptNumber;
  return isGivenUp ? null : publish;
}

/**
 * Asks bucket and BigQuery for everything of the highest attempt. Throws `NAME_TAKEN` for a job of
 * our name that is not ours.
 */
export async function gatherFacts(
  load: LoadObject,
  deps: Pick<LoadDeps, 'bucket' | 'destination'>,
): Promise<LoadFacts> {
  const attemptNumber = await highestAttempt(load, deps.bucket);
  if (attemptNumber === 0)
    return { attemptNumber, attempt: null, publish: null, manifest: null, isStageWhole: false };
  const names = objectNames(load.sourceId);
  const name = attemptName(load.loadId, attemptNumber);
  const [spec, manifest] = await Promise.all([
    readObject(deps.bucket, names.spec(name), specSchema),
    readObject(deps.bucket, names.manifest(name), manifestSchema),
  ]);
  if (!spec) throw new LoadError('OBJECT_INVALID', `${names.spec(name)} was there a moment ago and is gone.`);
  checkOwn(spec.value, { ...load, attemptId: name, attemptNumber });
  const attempt = { spec: spec.value, specSha256: sha256Hex(spec.bytes) };
  const publish = await newestPublish({ load, attempt, destination: deps.destination });
  const isStageWhole =
    manifest !== null &&
    (await isWhole({ manifest: manifest.value, attempt, bucket: deps.bucket, prefix: names.data(name) }));
  return { attemptNumber, attempt, publish, manifest: manifest?.value ?? null, isStageWhole };
}

/** One that was copied from elsewhere would lead to names of others. Throws `OBJECT_INVALID`. */
function checkOwn(
  spec: Spec,
  wanted: Pick<Spec, 'sourceId' | 'loadId' | 'attemptId' | 'attemptNumber'>,
): void {
  const keys = ['sourceId', 'loadId', 'attemptId', 'attemptNumber'] as const;
  const other = keys.find((key) => spec[key] !== wanted[key]);
  if (other === undefined) return;
  const name = objectNames(wanted.sourceId).spec(wanted.attemptId);
  throw new LoadError(
    'OBJECT_INVALID',
    `${name} is of another attempt than its name: ${other} ${spec[other]}.`,
  );
}

/**
 * The highest attempt, as far as the bucket can be asked; for a load that ends without its facts.
 */
export async function lastAttempt(
  load: Pick<LoadObject, 'sourceId' | 'loadId'>,
  bucket: Bucket,
): Promise<{ attempts: number; startedAt: string | null; attempt: AttemptSpec | null }> {
  const attempts = await highestAttempt(load, bucket).catch(() => 0);
  const name = objectNames(load.sourceId).spec(attemptName(load.loadId, attempts));
  const spec = attempts > 0 ? await readObject(bucket, name, specSchema).catch(() => null) : null;
  const attempt = spec && { spec: spec.value, specSha256: sha256Hex(spec.bytes) };
  return { attempts, startedAt: spec?.value.createdAt ?? null, attempt };
}

/** Number of the highest attempt that has a spec; 0 where there is none. */
export async function highestAttempt(
  load: Pick<LoadObject, 'sourceId' | 'loadId'>,
  bucket: Bucket,
): Promise<number> {
  const prefix = objectNames(load.sourceId).attempts(load.loadId);
  const numbers = (await bucket.list(prefix)).map(({ name }) => {
    const of = parseObjectName(load.sourceId, name);
    return of?.is === 'spec' ? (parseAttempt(of.attemptId)?.attemptNumber ?? 0) : 0;
  });
  return Math.max(0, ...numbers);
}

/**
 * Whether the attempt's rows were read by a process, and are no more; one that has ended says so
 * itself. Only a process that has made the spec itself (`begun`) may begin such an attempt: nobody
 * can see whether another has, and lives.
 */
export async function isReaderLost(
  { attempt, attemptNumber, manifest }: LoadFacts,
  { begun, nextAttempt }: { begun: ReadonlySet<string>; nextAttempt: number },
  deps: Pick<LoadDeps, 'engines'>,
): Promise<boolean> {
  if (attempt?.spec.engine !== 'direct' || manifest || nextAttempt > attemptNumber) return false;
  if (begun.has(attempt.spec.attemptId)) return false;
  return (await engineOf(attempt.spec, deps).probe(attempt)).state === 'nothing';
}

async function newestPublish(input: {
  load: LoadObject;
  attempt: AttemptSpec;
  destination: LoadDeps['destination'];
}): Promise<LoadFacts['publish']> {
  const { sourceId, attemptId } = input.attempt.spec;
  let newest: LoadFacts['publish'] = null;
  for (let publishNumber = 1; publishNumber <= MAX_PUBLISHES; publishNumber += 1) {
    const job = await input.destination.getPublish(publishJobId({ sourceId, attemptId, publishNumber }));
    if (!job) break;
    checkIsOurs(job, input.attempt, input.load);
    newest = { number: publishNumber, job, isBeside: isBeside(job, input.load.destination) };
  }
  return newest;
}

/**
 * What an earlier publish of the attempt has planned; null before the first, or where an older
 * version wrote none.
 */
export async function readPublish(
  { sourceId }: Pick<LoadObject, 'sourceId'>,
  attemptId: string,
  { bucket }: Pick<LoadDeps, 'bucket'>,
): Promise<PublishObject | null> {
  return (
    (await readObject(bucket, objectNames(sourceId).publish(attemptId), publishObjectSchema))?.value ?? null
  );
}

/**
 * A BigQuery job of our name must be the load job this very spec asked for, into this table, or a
 * query that has used the id up. Throws `NAME_TAKEN`.
 */
export function checkIsOurs(job: PublishJob, attempt: AttemptSpec, load: LoadObject): void {
  if (job.kind === 'burnt') return;
  const isSameTable = [load.destination, newDestination(load.destination)].some(
    ({ dataset, table }) => job.destination?.dataset === dataset && job.destination.table === table,
  );
  if (job.kind === 'load' && isSameTable && isOurs(job, attempt.specSha256)) return;
  throw new LoadError(
    'NAME_TAKEN',
    `BigQuery job ${job.id} exists and is not the load job of this attempt.`,
    {
      context: { job: job.id, kind: job.kind, labels: job.labels },
    },
  );
}

async function isWhole(input: {
  manifest: Manifest;
  attempt: AttemptSpec;
  bucket: Bucket;
  prefix: string;
}): Promise<boolean> {
  const { manifest, attempt } = input;
  if (manifest.specSha256 !== attempt.specSha256) {
    throw new LoadError('SPEC_MISMATCH', `The manifest of ${manifest.attemptId} belongs to another spec.`);
  }
  const found = new Map(
    (await input.bucket.list(`${input.prefix}${manifest.writer}/`)).map((facts) => [facts.name, facts]),
  );
  return manifest.objects.every((listed) => {
    const facts = found.get(listed.name);
    return (
      facts?.bytes === listed.bytes &&
      facts.crc32c === listed.crc32c &&
      facts.generation === listed.generation
    );
  });
}
