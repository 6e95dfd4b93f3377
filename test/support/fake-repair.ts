import { pino } from 'pino';
import { createRepair, type Repair } from '../../src/workers/repair/repair.ts';
import type { RepairInput } from '../../src/workers/repair/repair-context.ts';
import type { FakeService } from './fake-service.ts';
import { createMemoryRemoteJobs } from './fakes/memory-remote-jobs.ts';

/** With its log, and with the Dataproc jobs that it sees. */
export type FakeRepair = Repair & {
  lines: Record<string, unknown>[];
  remoteJobs: ReturnType<typeof createMemoryRemoteJobs>;
};

/** The repair of a fake service, what its log says, and the Dataproc jobs that it sees. */
export function createFakeRepair(service: FakeService, changes: Partial<RepairInput> = {}): FakeRepair {
  const lines: Record<string, unknown>[] = [];
  const remoteJobs = createMemoryRemoteJobs(() => new Date());
  const { sourceId, queues, bucket, destination, history, cancellations, deps } = service;
  const repair = createRepair({
    ...{ sourceId, queues, bucket, destination, history, cancellations, deps, remoteJobs },
    concurrency: 1,
    maxAttempts: 2,
    runDeadlineMs: 20 * 3_600_000,
    stageRetentionMs: 3 * 86_400_000,
    now: () => new Date(),
    log: pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) }),
    shutdown: new AbortController().signal,
    ...changes,
  });
  return { ...repair, lines, remoteJobs };
}

/** Every key of the installation goes, as `FLUSHALL` does on a Redis of its own. */
export async function flush({ connection, sourceId }: FakeService): Promise<void> {
  const keys = await connection.keys(`adutora-${sourceId}*`);
  if (keys.length > 0) await connection.del(...keys);
}

/** The engine stops before a table until it is let go. */
export function holdBefore(
  { engine }: Pick<FakeService, 'engine'>,
  table: string,
): { letGo(): void; isHeld: Promise<void> } {
  const { run } = engine;
  const gate = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  engine.run = async (attempt, watch) => {
    if (attempt.spec.table.table === table) {
      held.resolve();
      await gate.promise;
    }
    return run(attempt, watch);
  };
  return { letGo: gate.resolve, isHeld: held.promise };
}
