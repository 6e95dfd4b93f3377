import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeSpec } from '../../src/pipeline/load/make-spec.ts';
import { objectNames } from '../../src/pipeline/names/index.ts';
import { loadObjectSchema } from '../../src/pipeline/objects/load.ts';
import type { SummaryObject } from '../../src/pipeline/objects/run.ts';
import type { Spec } from '../../src/pipeline/objects/spec.ts';
import { createObject, readObject } from '../../src/pipeline/ports/json-objects.ts';
import { guard } from '../../src/pipeline/source/questions/identity.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { until } from '../support/wait.ts';

const TABLES = ['driver', 'executor'];
let sandbox: Sandbox;
let summary: SummaryObject;

/** The guard of a server that is another one from the moment on in which `gate` has a row. */
const guardOnceOpened = (schema: string) =>
  `SELECT IF((SELECT COUNT(*) FROM \`${schema}\`.gate) = 0, 1, (SELECT 1 UNION SELECT 2))`;

beforeAll(async () => {
  sandbox = await openSandbox({ INGEST_CONCURRENCY: '2', INGEST_ATTEMPTS: '1' });
  const { admin, queues, schema } = sandbox;
  await admin.query(`CREATE TABLE driver (id INT PRIMARY KEY); CREATE TABLE executor LIKE driver; CREATE TABLE gate LIKE driver;
    INSERT INTO driver VALUES (1); INSERT INTO executor VALUES (1); DO GET_LOCK('${schema}_count', 0), GET_LOCK('${schema}_rows', 0)`);
  await sandbox.start(['worker']);
  await queues.ingest.pause();
  const running = sandbox.run(TABLES);
  await until(async () => (await queues.ingest.getWaitingCount()) === TABLES.length);
  await changeQueries('driver', { guard: guard.sql('uuid:of-the-other-server') });
  // Its count waits for us, after the driver's own connection was found to be at the right server.
  const count = `SELECT COUNT(*) + 0 * GET_LOCK('${schema}_count', 120) FROM \`${schema}\`.executor`;
  // And its rows, if they are read at all, wait until the first server is back: then only the
  // reading connection can tell.
  const select = `SELECT CAST(id AS CHAR) AS c0 FROM \`${schema}\`.executor WHERE GET_LOCK('${schema}_rows', 120) = 1`;
  await changeQueries('executor', { guard: guardOnceOpened(schema), count, select });
  await queues.ingest.resume();
  await until(() => isWaitingFor(`${schema}_count`));
  await admin.query(`INSERT INTO gate VALUES (1); DO RELEASE_LOCK('${schema}_count')`);
  let hasEnded = false;
  void running.then(() => {
    hasEnded = true;
  });
  await until(async () => hasEnded || (await isWaitingFor(`${schema}_rows`)));
  await admin.query(`DELETE FROM gate; DO RELEASE_LOCK('${schema}_rows')`);
  summary = await running;
});
afterAll(() => sandbox?.close());

async function isWaitingFor(lock: string): Promise<boolean> {
  const [rows] = await sandbox.admin.query(
    "SELECT 1 FROM information_schema.processlist WHERE state = 'User lock' AND info LIKE ?",
    [`%${lock}%`],
  );
  return (rows as unknown[]).length > 0;
}

/** Freezes the first attempt of a load that has not begun, with other SQL in its spec. */
async function changeQueries(table: string, queries: Partial<Spec['queries']>): Promise<void> {
  const { bucket, engines } = sandbox.adapters;
  const { settings, address } = sandbox.config;
  const names = objectNames(settings.SOURCE_ID);
  const jobs = await sandbox.queues.ingest.getJobs(['waiting', 'prioritized']);
  const { runId, loadId } = jobs.find(({ data }) => data.table.table === table)?.data ?? {};
  const found = await readObject(bucket, names.load(runId, loadId), loadObjectSchema);
  if (!found) throw new Error(`${loadId} has no object`);
  const spec = makeSpec({
    ...{ load: found.value, attemptNumber: 1, ticket: 1, address },
    ...{ code: await engines.dataproc.prepare(), bucket: bucket.name, now: new Date(), random: Math.random },
  });
  const changed = { ...spec, queries: { ...spec.queries, ...queries } };
  expect(await createObject(bucket, names.spec(spec.attemptId), changed)).toBe(true);
}

it.each([
  ['driver', 'the connection that counts and captures'],
  ['executor', 'the connection that reads rows, between two fail-overs'],
])('%s: %s is at another server: SOURCE_MOVED, nothing published', async (table) => {
  const ended = summary.tables.find((found) => found.table === table);
  const message = expect.stringMatching(/^The table was read from another server/);
  expect(ended).toMatchObject({
    status: 'failed',
    failure: { code: 'SOURCE_MOVED', message, table: { schema: sandbox.schema, table } },
    attempts: 1,
  });
  const job = await sandbox.queues.ingest.getFailed();
  const lines = job.map(({ failedReason }) => failedReason);
  expect(lines).toContain(`SOURCE_MOVED: ${ended?.failure?.message} (${ended?.failure?.hint})`);
  const destination = { dataset: sandbox.schema, table };
  expect(await sandbox.adapters.destination.describe(destination)).toBeNull();
});
