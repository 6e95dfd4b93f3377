import { describe, expect, it } from 'vitest';
import { dataprocJobId, manualRunName, scheduledRunName } from '../../../src/pipeline/names/index.ts';
import { createObject } from '../../../src/pipeline/ports/json-objects.ts';
import { createFakeRepair, type FakeRepair, holdBefore } from '../../support/fake-repair.ts';
import type { FakeService } from '../../support/fake-service.ts';
import { alterObject } from '../../support/interfere.ts';
import { repairOfEachTest } from '../../support/repair-of-each-test.ts';
import { until } from '../../support/wait.ts';

let service: FakeService;
let repair: FakeRepair;
const RUN = manualRunName(new Date(), 'abcd');
const { names, runJob, load, said, summaryNow } = repairOfEachTest(RUN, (fresh) => {
  ({ service, repair } = fresh);
});

describe('history of a run that was announced before it had its rows', () => {
  it('is brought to its end: what nobody brings is handed over again, and the summary says so', async () => {
    service.start();
    await service.add(RUN, ['a', 'b']);
    await service.summary(RUN);
    await until(async () => (await runJob())?.finishedOn);
    service.rows.splice(0, 1);
    alterObject(service, names().summary(RUN), (held) => JSON.stringify({ ...held, historyPending: 1 }));
    await repair.look();
    await until(async () => service.rows.length === 2);
    await repair.look();
    expect((await summaryNow())?.historyPending).toBe(0);
    expect(said()).toContainEqual(expect.objectContaining({ msg: 'history has all rows of the run' }));
  });
});

describe('what goes on for nobody', () => {
  it('cancels Dataproc jobs of loads that have ended, seen twice, and no other', async () => {
    const hold = holdBefore(service, 'b');
    service.start();
    await service.add(RUN, ['a', 'b']);
    await hold.isHeld;
    const submit = (id: string, installation = service.sourceId) =>
      repair.remoteJobs.submit({
        id,
        requestId: id,
        labels: { installation },
        mainUri: '',
        moduleUris: [],
        jarUris: [],
        args: ['sleep'],
        properties: {},
      });
    const gone = service.loadName(scheduledRunName(new Date(0)), 'a');
    const orphans = [
      dataprocJobId(service.sourceId, `${load('a')}-a1`),
      dataprocJobId(service.sourceId, `${gone}-a1`),
    ];
    const wanted = [dataprocJobId(service.sourceId, `${load('b')}-a1`), `${service.sourceId}-doctor-1`];
    for (const id of [...orphans, ...wanted]) await submit(id);
    await submit(`other-${load('a')}-a1`, 'other');
    await repair.look();
    expect(repair.remoteJobs.cancelled).toEqual([]);
    await repair.look();
    expect(repair.remoteJobs.cancelled.sort()).toEqual(orphans.sort());
    hold.letGo();
    await service.summary(RUN);
  });

  it('removes the rows that were staged and not published, once STAGE_RETENTION is over', async () => {
    service.destination.publish = async () => {
      throw Object.assign(new Error('no'), {});
    };
    service.start();
    await service.add(RUN, ['a']);
    await service.summary(RUN);
    const data = () => service.bucket.list(names().data(`${load('a')}-a1`));
    expect(await data()).toHaveLength(1);
    await repair.look();
    expect(await data()).toHaveLength(1);
    const later = { now: () => new Date(Date.now() + 3 * 86_400_000 + 60_000) };
    const guard = names().guard(`${load('a')}-a1`);
    await createObject(service.bucket, guard, {
      ...{ version: 1, attemptId: 'x', rowsStaged: 1, before: null },
      createdAt: new Date(Date.now() + 86_400_000).toISOString(),
    });
    await createFakeRepair(service, later).look();
    expect(await data()).toHaveLength(1);
    await service.bucket.remove([guard]);
    // No load of ours can have this name: a person has put it there.
    const byHand = names().data(`${RUN}-backup-a1`);
    await createObject(service.bucket, `${byHand}part-0`, {});
    await createFakeRepair(service, later).look();
    expect(await data()).toHaveLength(0);
    expect(await service.bucket.list(byHand)).toHaveLength(1);
    expect(await service.bucket.exists(names().spec(`${load('a')}-a1`))).toBe(true);
  });
});
