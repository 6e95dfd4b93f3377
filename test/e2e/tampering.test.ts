import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clock } from '../../src/composition/adapters.ts';
import type { LoadDeps } from '../../src/pipeline/load/load-deps.ts';
import { runLoad } from '../../src/pipeline/load/run-load.ts';
import { attemptName, objectNames } from '../../src/pipeline/names/index.ts';
import { type LoadObject, loadObjectSchema } from '../../src/pipeline/objects/load.ts';
import { type Manifest, manifestSchema } from '../../src/pipeline/objects/manifest.ts';
import type { Engine } from '../../src/pipeline/ports/engine.ts';
import { jsonBytes, readObject } from '../../src/pipeline/ports/json-objects.ts';
import { FRESH } from '../support/load-set-up.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { pause, until } from '../support/wait.ts';

let sandbox: Sandbox;
let load: LoadObject;
let manifest: Manifest;
let before: unknown;

/**
 * The state machine itself over the real stack; what `run` does beside the engine's own is the
 * tampering.
 */
function runWith(what: LoadObject, run?: Engine['run'], signal = new AbortController().signal) {
  const { adapters, config } = sandbox;
  const dataproc = { ...adapters.engines.dataproc, ...(run && { run }) };
  const engines = { ...adapters.engines, dataproc };
  const deps: LoadDeps = { ...adapters, engines, address: config.address, maxAttempts: 1, ...clock };
  return runLoad(what, FRESH, deps, {
    signal,
    report: async () => undefined,
  });
}

const names = () => objectNames(sandbox.config.settings.SOURCE_ID);
const attemptOf = (what: LoadObject) => attemptName(what.loadId, 1);

/** Puts other bytes in the place of an object, as whoever may write to the bucket can. */
async function overwrite(name: string, change: (bytes: Buffer) => Buffer): Promise<Buffer> {
  const { bucket } = sandbox.adapters;
  const found = await bucket.read(name);
  if (!found) throw new Error(`${name} is not there`);
  const { bytes, generation } = found;
  await bucket.replace({ name, bytes: change(bytes), contentType: 'application/json', generation });
  return bytes;
}

const overwriteManifest = (changes: Partial<Manifest>) =>
  overwrite(names().manifest(attemptOf(load)), () => jsonBytes({ ...manifest, ...changes }));

const rowsOf = () => sandbox.adapters.query(`SELECT id, v FROM \`${sandbox.schema}.notas\` ORDER BY id`);
const destinationNow = async () => ({
  facts: await sandbox.adapters.destination.describe({ dataset: sandbox.schema, table: 'notas' }),
  rows: await rowsOf(),
});

/** What verify made of the table, its load never taken up by the worker. */
async function heldLoad(): Promise<LoadObject> {
  const { queues, adapters } = sandbox;
  await queues.ingest.pause();
  void sandbox.run(['notas']).catch(() => undefined);
  const [job] = await until(async () => {
    const jobs = await queues.ingest.getJobs(['waiting', 'prioritized']);
    return jobs.length > 0 && jobs;
  });
  const found = await readObject(
    adapters.bucket,
    names().load(job?.data.runId, job?.data.loadId),
    loadObjectSchema,
  );
  if (!found) throw new Error('LOAD.json is not there');
  return found.value;
}

beforeAll(async () => {
  sandbox = await openSandbox();
  const { admin, adapters } = sandbox;
  await admin.query(
    "CREATE TABLE notas (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO notas VALUES (1, 'um'), (2, 'dois')",
  );
  await sandbox.start(['worker']);
  expect(await sandbox.run(['notas'])).toMatchObject({ status: 'succeeded', loaded: 1 });
  before = await destinationNow();
  await admin.query("UPDATE notas SET v = 'one' WHERE id = 1; INSERT INTO notas VALUES (3, 'three')");
  await pause(2_500);
  load = await heldLoad();
  // Staged by real Spark; then the worker dies.
  const death = new AbortController();
  const staged = runWith(
    load,
    async (attempt, watch) => {
      await adapters.engines.dataproc.run(attempt, watch);
      death.abort(new Error('the worker died'));
    },
    death.signal,
  );
  await expect(staged).rejects.toThrow('the worker died');
  const found = await readObject(adapters.bucket, names().manifest(attemptOf(load)), manifestSchema);
  if (!found) throw new Error('nothing was staged');
  manifest = found.value;
  expect(manifest).toMatchObject({ rows: 3, counts: { beside: 3 }, objects: [{}] });
});
afterAll(() => sandbox?.close());

describe('what somebody altered in the bucket is not published', () => {
  it('a spec edited between its creation and the Spark job that reads it', async () => {
    const edited = { ...load, loadId: `${load.loadId}x` };
    const spec = names().spec(attemptOf(edited));
    const ended = await runWith(edited, async (attempt, watch) => {
      await overwrite(spec, (bytes) => Buffer.from(bytes.toString().replace('`notas`', '`outra`')));
      await sandbox.adapters.engines.dataproc.run(attempt, watch);
    });
    expect(ended).toMatchObject({ outcome: 'failed', error: { code: 'SPEC_MISMATCH' } });
    expect(await sandbox.adapters.bucket.exists(names().manifest(attemptOf(edited)))).toBe(false);
    // The next worker finds a Dataproc job that was asked for something else.
    expect(await runWith(edited)).toMatchObject({ outcome: 'failed', error: { code: 'NAME_TAKEN' } });
    expect(await destinationNow()).toEqual(before);
  });

  it('a spec edited once its rows are staged', async () => {
    const spec = names().spec(attemptOf(load));
    const original = await overwrite(spec, (bytes) =>
      Buffer.from(bytes.toString().replace(/"nullToken": "[^"]+"/, String.raw`"nullToken": "\\NAAAA"`)),
    );
    const ended = await runWith(load);
    await overwrite(spec, () => original);
    expect(ended).toMatchObject({ outcome: 'failed', error: { code: 'SPEC_MISMATCH' } });
    expect(await destinationNow()).toEqual(before);
  });

  it("Spark's code", async () => {
    const { adapters, config } = sandbox;
    const other = { ...load, loadId: `${load.loadId}y` };
    const objects = await adapters.bucket.list(`${config.settings.SOURCE_ID}/code/`);
    const name = objects.find((object) => object.name.endsWith('/ingest_table.py'))?.name ?? '';
    const original = await overwrite(name, (bytes) =>
      Buffer.from(bytes.toString().replace('Reads one MySQL table', 'Sends one MySQL table')),
    );
    const ended = await runWith(other);
    expect(ended).toMatchObject({
      outcome: 'failed',
      error: { code: 'CODE_ALTERED', message: expect.stringContaining(name) },
    });
    expect(await adapters.engines.dataproc.uploadCode().catch(({ code }) => code)).toBe('CODE_ALTERED');
    await overwrite(name, () => original);
    expect(await adapters.engines.dataproc.uploadCode()).toMatchObject({
      mainUri: expect.stringContaining(name),
    });
    expect(await destinationNow()).toEqual(before);
  });

  it.each([2, 4])('a manifest that says %i rows of 3', async (rows) => {
    await overwriteManifest({ rows });
    expect(await runWith(load)).toMatchObject({ outcome: 'failed', error: { code: 'COUNTS_DIFFER' } });
    expect(await destinationNow()).toEqual(before);
  });

  it('an object swapped for another of the same name and length, and put back again', async () => {
    await overwriteManifest({});
    const [object] = manifest.objects;
    const name = object?.name ?? '';
    const original = await overwrite(name, (bytes) => Buffer.from(bytes.toString().replace('one', 'uno')));
    const refused = { outcome: 'failed', error: { code: 'STAGE_INCOMPLETE' } };
    expect(await runWith(load)).toMatchObject(refused);
    await overwrite(name, () => original);
    expect(await runWith(load)).toMatchObject(refused);
    expect(await destinationNow()).toEqual(before);
  });

  it('a manifest altered so that all agrees in it is found out by the rows that BigQuery loads, and the table is put back', async () => {
    const objects = await sandbox.adapters.bucket.list(names().data(attemptOf(load)));
    const part = objects.filter(({ name }) => name === manifest.objects[0]?.name);
    await overwriteManifest({ rows: 2, counts: { inside: null, beside: 2 }, objects: part });
    const ended = await runWith(load);
    expect(ended).toMatchObject({ outcome: 'failed', error: { code: 'LOADED_DIFFERS' } });
    expect({ rows: await rowsOf() }).toEqual({ rows: (before as { rows: unknown }).rows });
  });
});
