import { LoadError } from '../../src/pipeline/errors/load-error.ts';
import { sha256Hex } from '../../src/pipeline/names/index.ts';
import type { EngineAttempt } from '../../src/pipeline/ports/engine.ts';
import { jsonBytes } from '../../src/pipeline/ports/json-objects.ts';
import { capture } from '../support/captures.ts';
import { openDirect } from '../support/direct-set-up.ts';
import { engineContract, type OpenedEngine } from '../support/engine-contract.ts';
import { createMemoryBucket } from '../support/fakes/memory-bucket.ts';
import { createStagingEngine } from '../support/fakes/staging-engine.ts';
import { loadObject, specOf } from '../support/samples.ts';

let serial = 0;

async function openFake(): Promise<OpenedEngine> {
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

async function openReal(): Promise<OpenedEngine> {
  const direct = await openDirect();
  await direct.admin.query('CREATE TABLE alunos (id INT PRIMARY KEY); INSERT INTO alunos VALUES (1), (2)');
  return {
    ...direct,
    good: () => direct.attempt('alunos'),
    gone: async () => {
      const { spec } = await direct.attempt('alunos');
      const queries = { ...spec.queries, count: spec.queries.count.replaceAll('alunos', 'nao_ha') };
      return direct.freeze({ ...spec, queries });
    },
  };
}

engineContract('in memory', openFake);
engineContract('direct', openReal);
