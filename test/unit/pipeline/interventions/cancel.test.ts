import { beforeEach, expect, it } from 'vitest';
import { cancelRun, cancelTables } from '../../../../src/pipeline/interventions/cancel.ts';
import { loadName, objectNames } from '../../../../src/pipeline/names/index.ts';
import { createObject } from '../../../../src/pipeline/ports/index.ts';
import { createMemoryBucket } from '../../../support/fakes/memory-bucket.ts';

const RUN = '20260102T030000Z';
const names = objectNames('main');
const openLoad = (table: string) => {
  const of = { schema: 's', table };
  return { runId: RUN, loadId: loadName(RUN, of), table: of };
};
const open = [openLoad('a'), openLoad('b')];
let asked: string[];

function ports(isKnown = true) {
  const say = (what: string) => async (name: string) => void asked.push(`${what} ${name}`);
  return {
    bucket: createMemoryBucket(),
    request: say('end'),
    knowsRun: async () => isKnown,
    checkLost: say('lost'),
    hurryRun: say('hurry run'),
    hurryLoad: say('hurry'),
  };
}

beforeEach(() => {
  asked = [];
});

it('asks for the end of the loads of the tables that are named', async () => {
  const [a] = open;
  expect(await cancelTables({ tables: [{ schema: 's', table: 'a' }], open }, ports())).toEqual([
    { name: a?.loadId, label: 's.a' },
  ]);
  expect(asked).toEqual([`end ${a?.loadId}`, `hurry ${a?.loadId}`]);
});

it('asks for the end of a run and of its loads, and leaves the run to wait for them', async () => {
  const set = ports();
  await createObject(set.bucket, names.tables(RUN), {});
  const ended = await cancelRun({ sourceId: 'main', runId: RUN, open }, set);
  expect(ended.map(({ label }) => label)).toEqual([`run ${RUN}`, 's.a', 's.b']);
  expect(asked).toEqual([
    `end ${RUN}`,
    ...open.flatMap(({ loadId }) => [`end ${loadId}`, `hurry ${loadId}`]),
  ]);
});

it('hurries a run that has not fanned out', async () => {
  await cancelRun({ sourceId: 'main', runId: RUN, open: [] }, ports());
  expect(asked).toEqual([`end ${RUN}`, `hurry run ${RUN}`]);
});

it('looks whether anybody knows a run that the queues do not', async () => {
  await cancelRun({ sourceId: 'main', runId: RUN, open: [] }, ports(false));
  expect(asked).toEqual([`lost ${RUN}`, `end ${RUN}`, `hurry run ${RUN}`]);
});

it('asks nothing of a run that has ended', async () => {
  const set = ports();
  await createObject(set.bucket, names.summary(RUN), {});
  await expect(cancelRun({ sourceId: 'main', runId: RUN, open }, set)).rejects.toMatchObject({
    code: 'UNKNOWN_RUN',
  });
  expect(asked).toEqual([]);
});
