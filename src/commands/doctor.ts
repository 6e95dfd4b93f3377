import {
  connectionQueries,
  doctorQueries,
  type Finding,
  fail,
  failedLook,
  judgeBucket,
  judgeCluster,
  judgeConnections,
  judgeDataset,
  judgeEngines,
  judgeHidden,
  judgeListing,
  judgeLocks,
  judgeMysql,
  judgePatterns,
  judgeRules,
  judgeSecret,
  judgeSelects,
  judgeVersioned,
  look,
  ok,
  selectProbes,
  skipped,
  upgradeProbes,
  versionedTables,
  warn,
} from '../pipeline/doctor/index.ts';
import { destinationOf } from '../pipeline/mapping/index.ts';
import { plural, type TableRef } from '../pipeline/names/index.ts';
import { answerOf, sessionStatements, tables as tablesQuestion } from '../pipeline/source/index.ts';
import { refusedTables, unacknowledged } from '../pipeline/verify/index.ts';
import { jsonText } from '../terminal/json-text.ts';
import { shownStatus, textTable } from '../terminal/text-table.ts';
import { parseArguments, takesOnly } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { lookAtMachine, lookAtSchedule } from './doctor-machine.ts';
import { lookForGone } from './look-for-gone.ts';

const usage = 'npm run doctor -- [--deep] [--json]';

/** Looks at everything a load needs, before a night does. */
export const doctor: Command = {
  usage,
  summary: 'look at everything a load needs, and tell what to do about what is wrong',
  examples: [
    'npm run doctor',
    'npm run doctor -- --deep',
    'npm run -s doctor -- --json | jq \'.[] | select(.status == "fail")\'',
  ],
  run: async (args, context) => {
    const parsed = parseArguments(args, { deep: { type: 'boolean' }, json: { type: 'boolean' } }, usage);
    takesOnly(parsed, usage, []);
    const looks = await together(context, {
      Redis: lookAtMachine(context),
      'the schedule': lookAtSchedule(context),
      MySQL: lookAtSource(context, Boolean(parsed.flags['deep'])),
      'Cloud Storage': lookAtBucket(context),
      BigQuery: lookAtBigQuery(context),
      Dataproc: lookAtDataproc(context),
    });
    const findings = withoutFalseCauses(looks);
    findings.push(...(await lookAtListing(findings, context)), ...(await lookAtRules(findings, context)));
    if (parsed.flags['deep']) findings.push(...(await lookDeep(findings, context)));
    context.print(parsed.flags['json'] ? jsonText(findings) : findingsText(findings));
    return findings.some(({ status }) => status === 'fail') ? 1 : 0;
  },
};

/** All looks at once; whoever waits is told for whom. */
async function together(
  { activity }: CommandContext,
  looks: Record<string, Promise<Finding[]>>,
): Promise<Finding[]> {
  const pending = new Set(Object.keys(looks));
  const tell = () => activity(`waiting for ${[...pending].join(', ')}`);
  tell();
  const all = Object.entries(looks).map(async ([name, look]) => {
    const findings = await look;
    pending.delete(name);
    if (pending.size > 0) tell();
    return findings;
  });
  return (await Promise.all(all)).flat();
}

/** Where Cloud Storage does not answer, nothing is known of who may read what in it. */
function withoutFalseCauses(findings: readonly Finding[]): Finding[] {
  const isAway = findings.some(
    ({ check, code }) => check === 'bucket.reachable' && code === 'STAGE_UNAVAILABLE',
  );
  return findings.map((finding) =>
    isAway && finding.check === 'dataproc.output' && finding.status === 'warn'
      ? skipped(finding.check, 'because of bucket.reachable')
      : finding,
  );
}

/** The secret first: without it MySQL cannot be asked. */
async function lookAtSource(context: CommandContext, isDeep: boolean): Promise<Finding[]> {
  const { config, verify, ports } = context;
  const { password } = config.address;
  if (verify.runner === 'dataproc') return isDeep ? askSource(context) : lookFromTheClusterOnly();
  let secret: Finding;
  try {
    secret = judgeSecret(password, await ports.secrets.read(password));
  } catch (thrown) {
    return [failedLook('secret.readable', thrown), skipped('mysql.reachable', 'without a password')];
  }
  return [secret, ...(await askSource(context))];
}

/**
 * With `VERIFY_RUNNER=dataproc` neither MySQL nor its password is this machine's business, and
 * asking costs two Dataproc jobs.
 */
function lookFromTheClusterOnly(): Finding[] {
  const why =
    'VERIFY_RUNNER=dataproc: only the cluster reaches MySQL; npm run doctor -- --deep asks from there';
  return [skipped('secret.readable', why), skipped('mysql.reachable', why)];
}

/** The source's own answers: over a connection, or by Dataproc jobs. */
async function askSource({ config, verify, ports, now }: CommandContext): Promise<Finding[]> {
  const { tls } = config.address;
  return look('mysql.reachable', async () => {
    const from = now();
    const capture = await ports.sourceQueries.capture({
      session: sessionStatements(),
      queries: doctorQueries(verify.schemas),
    });
    const asked = { from, to: now() };
    const tables: TableRef[] = answerOf(capture, tablesQuestion).map(({ schema, table }) => ({
      schema,
      table,
    }));
    const versioned = versionedTables(capture);
    const answers = await ports.sourceQueries.capture({
      session: sessionStatements(),
      queries: [...selectProbes(tables), ...upgradeProbes(versioned)],
    });
    const judged = judgeMysql(capture, { schemas: verify.schemas, tlsMode: tls.mode, asked });
    const isRemote = verify.runner === 'dataproc';
    const findings = isRemote ? judged.filter(({ check }) => check !== 'mysql.clock') : judged;
    const clock = isRemote ? [skipped('mysql.clock', 'a Dataproc job is too slow to compare clocks by')] : [];
    return [
      ...findings,
      ...clock,
      judgeSelects(tables, answers),
      ...judgeVersioned(versioned, answers),
      ...judgeLocks(tables, capture, answers),
    ];
  });
}

/**
 * Tables that the source does not list any more: with `VERIFY_RUNNER=dataproc` as the newest run
 * saw it.
 */
async function lookAtListing(findings: readonly Finding[], context: CommandContext): Promise<Finding[]> {
  const isAway = findings.some(({ check, status }) => check === 'mysql.reachable' && status === 'fail');
  if (isAway) return [skipped('mysql.listing', 'because of mysql.reachable')];
  return look('mysql.listing', async () => {
    const { listed, gone, acknowledged } = await lookForGone(context);
    return [judgeListing({ listed, gone, told: unacknowledged(gone, acknowledged) })];
  });
}

/** What verify would say of the rules: also those that match nothing, which end every run. */
async function lookAtRules(findings: readonly Finding[], context: CommandContext): Promise<Finding[]> {
  const { verify, ports, config } = context;
  const unasked = findings.find(({ check, status }) => check === 'mysql.reachable' && status !== 'ok');
  if (unasked) return [skipped('rules.fit', `because of ${unasked.check}`)];
  return look('rules.fit', async () => {
    const refused = await refusedTables(verify, ports.sourceQueries);
    return [
      judgeHidden(refused),
      ...judgeRules(refused),
      ...judgePatterns(config.patterns, refused.listed),
      judgeEngines(refused.choices),
      ...(refused.choices.some(({ engine }) => engine === 'direct') ? await lookAtReading(context) : []),
    ];
  });
}

/** What this machine needs to read tables itself. */
async function lookAtReading({ config, ports }: CommandContext): Promise<Finding[]> {
  const { maskKey, settings } = config;
  const connections = await look('engine.connections', async () => {
    const request = { session: sessionStatements(), queries: connectionQueries() };
    return [judgeConnections(await ports.sourceQueries.capture(request), settings.INGEST_CONCURRENCY)];
  });
  if (!maskKey) return connections;
  const key = await look('engine.mask_key', async () => {
    await ports.secrets.read(maskKey);
    return [ok('engine.mask_key', maskKey.name)];
  });
  return [...connections, ...key];
}

async function lookAtBucket({ ports, config, verify }: CommandContext): Promise<Finding[]> {
  const { GCS_BUCKET: bucket, GCS_API_ENDPOINT: standIn, BIGQUERY_LOCATION } = config.settings;
  const facts = await look('bucket.reachable', async () =>
    judgeBucket(await ports.inspection.bucket(), {
      bucket,
      sourceId: verify.sourceId,
      bigqueryLocation: standIn ? null : BIGQUERY_LOCATION,
    }),
  );
  const writing = await look('bucket.writable', async () => {
    await ports.inspection.tryWritingObjects();
    return [ok('bucket.writable', 'an object was made and removed')];
  });
  return [...facts, ...writing];
}

async function lookAtBigQuery({ ports, config, verify }: CommandContext): Promise<Finding[]> {
  const { BIGQUERY_LOCATION: location, HISTORY_DATASET } = config.settings;
  const datasets = new Set([
    HISTORY_DATASET,
    ...verify.schemas.map((schema) => destinationOf({ schema, table: '' }, verify.datasetTemplate).dataset),
  ]);
  const queries = await look('bigquery.queries', async () => {
    await ports.inspection.tryQuery();
    return [ok('bigquery.queries', 'a query ran')];
  });
  const looks = [...datasets].map((dataset) =>
    look('bigquery.dataset', async () => {
      const facts = await ports.inspection.dataset(dataset);
      const judged = judgeDataset(dataset, facts, location);
      if (!facts) return judged;
      const writing = await look('bigquery.writable', async () => {
        await ports.inspection.tryWritingTables(dataset);
        return [ok('bigquery.writable', `a table was made in ${dataset} and removed`)];
      });
      return [...judged, ...writing];
    }),
  );
  return [...queries, ...(await Promise.all(looks)).flat()];
}

async function lookAtDataproc({ ports, config }: CommandContext): Promise<Finding[]> {
  return look('dataproc.cluster', async () => {
    const facts = await ports.inspection.cluster();
    const judged = judgeCluster(config.settings.DATAPROC_CLUSTER, facts);
    const bucket = facts?.outputBucket;
    if (!bucket) return judged;
    const names = await ports.bucket.listForeign({ bucket, prefix: 'google-cloud-dataproc-metainfo/' });
    const output =
      names === null
        ? warn(
            'dataproc.output',
            `the driver output in gs://${bucket} may not be read`,
            `Give the service account Storage Object Viewer on gs://${bucket}; else failures of Dataproc jobs are told without their last lines.`,
          )
        : ok('dataproc.output', `driver output in gs://${bucket}`);
    return [...judged, output];
  });
}

/** A Dataproc job that reaches MySQL from the cluster; only if there is a chance that it runs. */
async function lookDeep(findings: readonly Finding[], context: CommandContext): Promise<Finding[]> {
  const broken = findings.find(
    ({ check, status }) => status === 'fail' && /^(dataproc|bucket|secret)/.test(check),
  );
  if (broken) return [skipped('dataproc.source', `because of ${broken.check}`)];
  context.activity('a Dataproc job reaches MySQL from the cluster');
  return look('dataproc.source', async () => {
    const { reached, own, version, spark, python, dataprocJob } = await context.probeSource();
    const told = `driver and executor reached ${reached}, ${version} (Spark ${spark}, Python ${python}, Dataproc job ${dataprocJob})`;
    if (own === null || reached === own) return [ok('dataproc.source', told)];
    const fix = 'Cluster and worker must reach one server: check MYSQL_HOST and DNS on both sides.';
    return [fail('dataproc.source', `${told}; this machine reaches ${own}`, fix)];
  });
}

function findingsText(findings: readonly Finding[]): string {
  const rows = findings.map(({ check, status, code, found, fix }) => {
    const told = code ? `${code}: ${found}` : found;
    return [shownStatus(status), check, fix ? [told, `→ ${fix}`] : told];
  });
  const count = (status: Finding['status']) => findings.filter((finding) => finding.status === status).length;
  return `${textTable(['status', 'check', 'found'], rows)}\n${count('ok')} ok, ${plural(count('warn'), 'warning')}, ${count('fail')} failed${count('skipped') > 0 ? `, ${count('skipped')} skipped` : ''}.`;
}
