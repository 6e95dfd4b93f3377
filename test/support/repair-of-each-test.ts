import { objectNames } from '../../src/pipeline/names/index.ts';
import { summaryObjectSchema } from '../../src/pipeline/objects/run.ts';
import { readObject } from '../../src/pipeline/ports/json-objects.ts';
import { createFakeRepair, type FakeRepair } from './fake-repair.ts';
import type { FakeService } from './fake-service.ts';
import { serviceOfEachTest } from './service-of-each-test.ts';

interface Repaired {
  service: FakeService;
  repair: FakeRepair;
}

/**
 * Every test of the file gets a service with its repair, which `use` is handed. Gives what such
 * tests ask about one run.
 */
export function repairOfEachTest(runId: string, use: (fresh: Repaired) => void) {
  let service: FakeService;
  let repair: FakeRepair;
  serviceOfEachTest((fresh) => {
    service = fresh;
    repair = createFakeRepair(service);
    use({ service, repair });
  });
  const names = () => objectNames(service.sourceId);
  return {
    names,
    runJob: () => service.queues.controller.getJob(runId),
    load: (table: string) => service.loadName(runId, table),
    /** What the repair's log says. */
    said: () => repair.lines.map(({ msg, why }) => ({ msg, why })),
    summaryNow: async () =>
      (await readObject(service.bucket, names().summary(runId), summaryObjectSchema))?.value,
  };
}
