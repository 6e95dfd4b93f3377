import { endedLoads } from '../../pipeline/history/index.ts';
import { installationLabels, nameInJobId, objectNames } from '../../pipeline/names/index.ts';
import { specSchema } from '../../pipeline/objects/index.ts';
import { readObject } from '../../pipeline/ports/index.ts';
import { whyOrphan } from '../../pipeline/run/index.ts';
import { unfinishedLoads } from '../../queues/loading-tables.ts';
import type { Found, RepairContext, RepairMemory } from './repair-context.ts';

/**
 * Dataproc jobs of this installation that go on for nobody, at two looks one after the other, are
 * cancelled. One whose load may still be taken up is left alone: it is attached to by its name.
 */
export async function repairRemote(
  { runs, open }: Found,
  context: RepairContext,
  memory: RepairMemory,
): Promise<void> {
  const { sourceId, bucket, queues, remoteJobs, log, deps } = context;
  const active = await remoteJobs.list(installationLabels(sourceId), 'active');
  const before = memory.suspects;
  if (active.length === 0) {
    memory.suspects = new Map();
    return;
  }
  const ended = await Promise.all(open.map((runId) => endedLoads({ sourceId, runId }, bucket)));
  const known = {
    runs: new Set(runs),
    endedRuns: new Set([...memory.ended.keys(), ...memory.pending]),
    endedLoads: new Set(ended.flatMap((loads) => [...loads])),
    openLoads: new Set((await unfinishedLoads(queues)).map(({ loadId }) => loadId)),
  };
  const suspects = new Map<string, string>();
  for (const { id, state } of active) {
    const name = nameInJobId(sourceId, id);
    const why = state === 'cancelling' || name === null ? null : whyOrphan(name, known);
    if (name === null || why === null) continue;
    suspects.set(id, why);
    if (before.get(id) !== why) continue;
    await remoteJobs.cancel(id);
    log.warn({ dataprocJob: id, why }, 'Dataproc job cancelled: nobody waits for it');
    const spec = await readObject(bucket, objectNames(sourceId).spec(name), specSchema).catch(() => null);
    if (spec) await deps.endStatements?.(spec.value);
  }
  memory.suspects = suspects;
}
