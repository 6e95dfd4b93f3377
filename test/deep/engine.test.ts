import { makeSpec } from '../../src/pipeline/load/make-spec.ts';
import { objectNames, sha256Hex } from '../../src/pipeline/names/index.ts';
import type { EngineAttempt } from '../../src/pipeline/ports/engine.ts';
import { createObject, jsonBytes } from '../../src/pipeline/ports/json-objects.ts';
import { decideLoad } from '../support/decide-load.ts';
import { engineContract, type OpenedEngine } from '../support/engine-contract.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

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
  const { adapters, config } = sandbox;
  const made = makeSpec({
    load: await decideLoad(sandbox, 'alunos'),
    attemptNumber: 1,
    ticket: 1,
    address: config.address,
    code: await adapters.engines.dataproc.prepare(),
    bucket: adapters.bucket.name,
    now: new Date(),
    random: Math.random,
  });
  const spec = { ...made, queries: { ...made.queries, select: change(made.queries.select) } };
  await createObject(adapters.bucket, objectNames(spec.sourceId).spec(spec.attemptId), spec);
  return { spec, specSha256: sha256Hex(jsonBytes(spec)) };
}

engineContract('Dataproc', openDataproc);
