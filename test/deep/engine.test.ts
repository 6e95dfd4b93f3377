import { verifySettings } from '../../src/composition/adapters.ts';
import { makeSpec } from '../../src/pipeline/load/make-spec.ts';
import { readLoad } from '../../src/pipeline/load/read-load.ts';
import { loadName, objectNames, scheduledRunName, sha256Hex } from '../../src/pipeline/names/index.ts';
import type { EngineAttempt } from '../../src/pipeline/ports/engine.ts';
import { createObject, jsonBytes } from '../../src/pipeline/ports/json-objects.ts';
import { decideRun } from '../../src/pipeline/run/decide-run.ts';
import { engineContract, type OpenedEngine } from '../support/engine-contract.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

let serial = 0;

async function openDataproc(): Promise<OpenedEngine> {
  const sandbox = await openSandbox();
  await sandbox.admin.query('CREATE TABLE alunos (id INT PRIMARY KEY); INSERT INTO alunos VALUES (1), (2)');
  const { engines, bucket } = sandbox.adapters;
  const engine = engines.dataproc;
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
    code: await adapters.engines.dataproc.prepare(),
    bucket: adapters.bucket.name,
    now: new Date(),
    random: Math.random,
  });
  const spec = { ...made, queries: { ...made.queries, select: change(made.queries.select) } };
  await createObject(adapters.bucket, objectNames(sourceId).spec(spec.attemptId), spec);
  return { spec, specSha256: sha256Hex(jsonBytes(spec)) };
}

engineContract('Dataproc', openDataproc);
