import { verifySettings } from '../../src/composition/adapters.ts';
import { readLoad } from '../../src/pipeline/load/read-load.ts';
import { loadName, manualRunName } from '../../src/pipeline/names/index.ts';
import type { LoadObject } from '../../src/pipeline/objects/load.ts';
import { decideRun } from '../../src/pipeline/run/decide-run.ts';
import type { Sandbox } from './sandbox.ts';

let serial = 0;

/** LOAD.json of a table of the sandbox, as a run of its own would decide it now. */
export async function decideLoad({ adapters, config, schema }: Sandbox, table: string): Promise<LoadObject> {
  const sourceId = config.settings.SOURCE_ID;
  const startedAt = new Date();
  serial += 1;
  const runId = manualRunName(startedAt, serial.toString(16).padStart(4, '0'));
  const ref = { schema, table };
  await decideRun(
    { runId, trigger: 'manual', tables: [ref], isForced: true, startedAt: startedAt.toISOString() },
    verifySettings(config),
    {
      ports: adapters,
      now: () => new Date(),
      loadingElsewhere: async () => new Set(),
      isCancelled: async () => false,
      report: async () => undefined,
    },
  );
  const loadId = loadName(runId, ref);
  return readLoad({ sourceId, runId, loadId, nextAttempt: 0, decidedAt: null }, adapters.bucket);
}
