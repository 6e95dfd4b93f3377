import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifySettings } from '../../src/composition/adapters.ts';
import { LoadError } from '../../src/pipeline/errors/load-error.ts';
import { makeSpec } from '../../src/pipeline/load/make-spec.ts';
import { readLoad } from '../../src/pipeline/load/read-load.ts';
import { loadName, objectNames, scheduledRunName, sha256Hex } from '../../src/pipeline/names/index.ts';
import type { Bucket } from '../../src/pipeline/ports/bucket.ts';
import type { Engine, EngineAttempt } from '../../src/pipeline/ports/engine.ts';
import { createObject, jsonBytes } from '../../src/pipeline/ports/json-objects.ts';
import { decideRun } from '../../src/pipeline/run/decide-run.ts';
import { capture } from '../support/captures.ts';
import { createMemoryBucket } from '../support/fakes/memory-bucket.ts';
import { createStagingEngine } from '../support/fakes/staging-engine.ts';
import { loadObject, specOf } from '../support/samples.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

interface Opened {
  engine: Engine;
  bucket: Bucket;
  /** An attempt that will succeed, its spec in the bucket. */
  good(): Promise<EngineAttempt>;
  /** An attempt whose table is gone. */
  gone(): Promise<EngineAttempt>;
  close(): Promise<void>;
}

let serial = 0;

async function openDataproc(): Promise<Opened> {
  const sandbox = await openSandbox();
  await sandbox.admin.query('CREATE TABLE alunos (id INT PRIMARY KEY); INSERT INTO alunos VALUES (1), (2)');
  const { engine, bucket } = sandbox.adapters;
  return {
    engine,
    bucket,
    good: () => attemptOf(sandbox),
    gone: async () => {
      const attempt = await attemptOf(sandbox, (select) => select.replaceAll('alunos', 'nao_ha'));
      return attempt;
    },
    close: sandbox.close,
  };
}

/** A first attempt at the table of the sandbox, in a run of its own. */
async function attemptOf(sandbox: Sandbox, change = (select: string) => select): Promise<EngineAttempt> {
  const { adapters, config, schema } = sandbox;
  const sourceId = config.settings.SOURCE_ID;
  serial += 1;
  const runId = scheduledRunName(new Date(Date.UTC(2026, 0, serial)));
  const table = { schema, table: 'alunos' };
  await decideRun(
    { runId, trigger: 'manual', tables: [table], isForced: true, startedAt: new Date().toISOString() },
    verifySettings(config),
    {
      ports: adapters,
      now: () => new Date(),
      loadingElsewhere: async () => new Set(),
      isCancelled: async () => false,
      report: async () => undefined,
    },
  );
  const load = await readLoad(
    { sourceId, runId, loadId: loadName(runId, table), nextAttempt: 0, decidedAt: null },
    adapters.bucket,
  );
  const made = makeSpec({
    load,
    attemptNumber: 1,
    ticket: 1,
    address: config.address,
    code: await adapters.engine.prepare(),
    bucket: adapters.bucket.name,
    now: new Date(),
    random: Math.random,
  });
  const spec = { ...made, queries: { ...made.queries, select: change(made.queries.select) } };
  await createObject(adapters.bucket, objectNames(sourceId).spec(spec.attemptId), spec);
  return { spec, specSha256: sha256Hex(jsonBytes(spec)) };
}

async function openFake(): Promise<Opened> {
  const bucket = createMemoryBucket();
  const engine = createStagingEngine(bucket, capture());
  const attempt = async (): Promise<EngineAttempt> => {
    serial += 1;
    const spec = specOf(loadObject({ loadId: `run-t-${serial}` }));
    return { spec, specSha256: sha256Hex(jsonBytes(spec)) };
  };
  return {
    engine,
    bucket,
    good: attempt,
    gone: async () => {
      engine.failures.push(new LoadError('SOURCE_TABLE_GONE', 'gone'));
      return attempt();
    },
    close: async () => undefined,
  };
}

describe.each([
  { name: 'Dataproc', open: openDataproc },
  { name: 'in memory', open: openFake },
])('an engine, $name', ({ open }) => {
  let opened: Opened;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened?.close());

  const reports: string[] = [];
  const watch = (signal = new AbortController().signal) => ({
    signal,
    report: async ({ message }: { message: string }) => void reports.push(message),
  });
  const manifestOf = ({ spec }: EngineAttempt) =>
    opened.bucket.exists(objectNames(spec.sourceId).manifest(spec.attemptId));

  it('brings an attempt to its manifest, once, however often it is asked', async () => {
    const { engine } = opened;
    const attempt = await opened.good();
    expect(await engine.probe(attempt)).toEqual({ state: 'nothing' });
    await engine.run(attempt, watch());
    expect(await manifestOf(attempt)).toBe(true);
    expect((await engine.probe(attempt)).state).toBe('ended');
    await engine.run(attempt, watch());
    expect(reports.filter((line) => line.includes('submitted')).length).toBeLessThanOrEqual(1);
  });

  it("throws the source's own error, and the attempt has ended without a manifest", async () => {
    const { engine } = opened;
    const attempt = await opened.gone();
    await expect(engine.run(attempt, watch())).rejects.toMatchObject({ code: 'SOURCE_TABLE_GONE' });
    expect((await engine.probe(attempt)).state).toBe('ended');
    expect(await manifestOf(attempt)).toBe(false);
  });

  it('cancels what has not begun without a word, and what has ended', async () => {
    const { engine } = opened;
    const attempt = await opened.good();
    await engine.cancel(attempt, watch());
    expect(await manifestOf(attempt)).toBe(false);
  });
});
