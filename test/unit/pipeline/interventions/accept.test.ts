import { expect, it } from 'vitest';
import { acceptStage, loadOfRun, newestLoadOf } from '../../../../src/pipeline/interventions/accept.ts';
import { attemptName, objectNames } from '../../../../src/pipeline/names/index.ts';
import type { LoadObject } from '../../../../src/pipeline/objects/load.ts';
import { facts } from '../../../support/fakes/memory-destination.ts';
import { load, setUpLoad } from '../../../support/load-set-up.ts';

const C = { name: 'c', type: 'INT64', mode: 'NULLABLE' as const };
const MODIFIED = '2026-01-01T00:00:00.000Z';
const accepted = objectNames(load.sourceId).accepted(attemptName(load.loadId, 1));

/** A table of a thousand rows, of which a load that the guard has stopped would leave two. */
async function stopped() {
  const set = setUpLoad();
  set.destination.tables.set('s.t', facts([C], 1_000, MODIFIED));
  expect(await set.run()).toMatchObject({ error: { code: 'SHRUNK_TOO_MUCH' } });
  const wentOn: LoadObject[] = [];
  const goOn = async (of: LoadObject) => void wentOn.push(of);
  const { bucket, destination } = set;
  const accept = () => acceptStage(load, { bucket, destination, now: () => new Date(MODIFIED), goOn });
  return { ...set, wentOn, accept };
}

it('has the very stage published that the guard has stopped', async () => {
  const { accept, bucket, wentOn, run, destination } = await stopped();
  expect(await accept()).toMatchObject({ rowsStaged: 2, attemptId: attemptName(load.loadId, 1) });
  expect(await bucket.exists(accepted)).toBe(true);
  expect(wentOn).toEqual([load]);
  expect(await run()).toMatchObject({ outcome: 'loaded', attempt: 1 });
  expect(destination.tables.get('s.t')?.rows).toBe(2);
});

it('is refused where the destination has changed since, and leaves nothing behind', async () => {
  const { accept, bucket, wentOn, destination } = await stopped();
  destination.tables.set('s.t', facts([C], 900, '2026-01-01T00:00:01.000Z'));
  await expect(accept()).rejects.toMatchObject({ code: 'NOTHING_TO_ACCEPT' });
  expect([await bucket.exists(accepted), wentOn]).toEqual([false, []]);
});

it('is refused where the guard has stopped nothing', async () => {
  const { bucket, destination, run } = setUpLoad();
  expect(await run()).toMatchObject({ outcome: 'loaded' });
  const ports = { bucket, destination, now: () => new Date(), goOn: async () => undefined };
  await expect(acceptStage(load, ports)).rejects.toMatchObject({ code: 'NOTHING_TO_ACCEPT' });
});

it('knows no load of a run that nobody knows', async () => {
  const { bucket } = setUpLoad();
  const of = { sourceId: load.sourceId, which: () => load.table };
  expect(await loadOfRun({ ...of, runId: load.runId }, bucket)).toBeNull();
  expect(await newestLoadOf({ ...of, runs: [load.runId] }, bucket)).toBeNull();
});
