import { objectNames } from '../names/index.ts';
import type { BucketFacts, ClusterFacts, DatasetFacts, LifecycleRule } from '../ports/index.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

const DAY_MS = 86_400_000;
/** Retries, parked runs and people need an attempt's objects for days. */
const MIN_AGE_DAYS = 7;
const MULTI_REGIONS = new Set(['us', 'eu']);

/** `bucket` must hold what retries need, and BigQuery must be able to load from where it is. */
export function judgeBucket(
  facts: BucketFacts,
  context: { bucket: string; sourceId: string; bigqueryLocation: string | null },
): Finding[] {
  return [
    ok('bucket.reachable', `gs://${context.bucket}, ${facts.location}`),
    judgeBucketLocation(facts.location, context.bigqueryLocation),
    ...judgeLifecycle(facts.lifecycle, context.sourceId),
  ];
}

function judgeBucketLocation(bucket: string, dataset: string | null): Finding {
  if (dataset === null) return ok('bucket.location', 'a stand-in: any location will do');
  const [from, to] = [bucket.toLowerCase(), dataset.toLowerCase()];
  const isLoadable =
    from === to ||
    to === 'us' ||
    (to.startsWith('us-') && from === 'us') ||
    (to.startsWith('europe-') && from === 'eu');
  if (isLoadable) return ok('bucket.location', `${bucket} loads into ${dataset}`);
  if (MULTI_REGIONS.has(to) || from.includes('+'))
    return warn(
      'bucket.location',
      `${bucket} and BigQuery in ${dataset}`,
      'Check that BigQuery loads from there; a bucket beside the datasets is cheaper.',
    );
  return fail(
    'bucket.location',
    `the bucket is in ${bucket}, BigQuery in ${dataset}: load jobs will be refused`,
    'Use a bucket in the location of the datasets.',
  );
}

function judgeLifecycle(rules: readonly LifecycleRule[], sourceId: string): Finding[] {
  const names = objectNames(sourceId);
  const deleting = rules.filter(
    ({ action, prefixes }) => action === 'Delete' && coversSome(prefixes, names.home),
  );
  const stage = names.stages;
  const tooWide = deleting.filter(({ prefixes }) => coversSome(prefixes, names.installation));
  if (tooWide.length > 0)
    return [
      fail(
        'bucket.lifecycle',
        'a rule deletes everything of this installation by age, also what it remembers itself by',
        `Give the rule the prefix ${stage}.`,
      ),
    ];
  const tooEarly = deleting.find(({ ageDays }) => ageDays !== null && ageDays < MIN_AGE_DAYS);
  if (tooEarly)
    return [
      fail(
        'bucket.lifecycle',
        `a rule deletes stages after ${tooEarly.ageDays} days, which retries may still need`,
        `Let it wait ${MIN_AGE_DAYS} days or more.`,
      ),
    ];
  if (deleting.length > 0)
    return [ok('bucket.lifecycle', `stages are deleted after ${deleting[0]?.ageDays ?? '?'} days`)];
  return [
    warn(
      'bucket.lifecycle',
      'no rule deletes old stages: those of failed loads stay for ever',
      `Add a rule: delete objects with the prefix ${stage} that are 30 days old.`,
    ),
  ];
}

/** Whether one of the rule's prefixes (none: everything) holds names that begin with `prefix`. */
function coversSome(prefixes: readonly string[], prefix: string): boolean {
  return (
    prefixes.length === 0 ||
    prefixes.some((its) => prefix.startsWith(its) || (its.startsWith(prefix) && prefix.endsWith('/')))
  );
}

/** A dataset we write to: where it is, and whether it forgets. */
export function judgeDataset(dataset: string, facts: DatasetFacts | null, location: string): Finding[] {
  if (!facts)
    return [ok('bigquery.dataset', `${dataset} is not there yet; the first load makes it in ${location}`)];
  const where =
    facts.location.toLowerCase() === location.toLowerCase()
      ? ok('bigquery.dataset', `${dataset} in ${facts.location}`)
      : fail(
          'bigquery.dataset',
          `${dataset} is in ${facts.location}, BIGQUERY_LOCATION is ${location}`,
          'Correct BIGQUERY_LOCATION, or use another dataset.',
        );
  const forgets = [facts.tableExpirationMs, facts.partitionExpirationMs].find((ms) => ms !== null) ?? null;
  if (forgets === null) return [where];
  return [
    where,
    fail(
      'bigquery.expiration',
      `${dataset} makes new tables or partitions expire after ${(forgets / DAY_MS).toFixed(1)} days`,
      `bq update --default_table_expiration 0 --default_partition_expiration 0 ${dataset}; then look at the expiration of the tables in it.`,
    ),
  ];
}

/** A cluster takes jobs only while it runs; older images lack what the script needs. */
export function judgeCluster(name: string, facts: ClusterFacts | null): Finding[] {
  if (!facts)
    return [
      fail(
        'dataproc.cluster',
        `${name} is not there`,
        'Check DATAPROC_CLUSTER and DATAPROC_REGION, or create it.',
      ),
    ];
  const [major = 0, minor = 0] = facts.imageVersion.split(/[.-]/).map(Number);
  const image =
    major > 2 || (major === 2 && minor >= 2)
      ? ok('dataproc.image', `image ${facts.imageVersion}`)
      : fail(
          'dataproc.image',
          `image ${facts.imageVersion}`,
          'Use image 2.2 or newer (Spark 3.5, Python 3.11).',
        );
  if (facts.state === 'RUNNING' || facts.state === 'UPDATING')
    return [ok('dataproc.cluster', `${name} is ${facts.state}`), image];
  return [
    fail('dataproc.cluster', `${name} is ${facts.state}`, `gcloud dataproc clusters start ${name}`),
    image,
  ];
}
