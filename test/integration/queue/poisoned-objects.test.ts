import { describe, expect, it } from 'vitest';
import { attemptName, objectNames } from '../../../src/pipeline/names/index.ts';
import type { FakeService } from '../../support/fake-service.ts';
import { alterObject } from '../../support/interfere.ts';
import { OTHER_RUN as OTHER, RUN, serviceOfEachTest } from '../../support/service-of-each-test.ts';
import { until } from '../../support/wait.ts';

let service: FakeService;

serviceOfEachTest((fresh) => {
  service = fresh;
});

type Json = Record<string, unknown>;
/** What somebody makes of an object: its text, from what it held. */
const ALTERATIONS: readonly [string, (held: Json) => string][] = [
  ['no JSON', () => 'não é json'],
  ['cut off', (held) => JSON.stringify(held).slice(0, -20)],
  ['empty', () => ''],
  ['a list', () => '[]'],
  ['null', () => 'null'],
  ['an older version than there ever was', (held) => JSON.stringify({ ...held, version: 0 })],
  ['another installation', (held) => JSON.stringify({ ...held, sourceId: 'another' })],
  [
    'another table',
    (held) => JSON.stringify({ ...held, table: { schema: 's', table: 'folha' }, attemptId: 'x' }),
  ],
  ['a field of another kind', (held) => JSON.stringify(spoilt(held))],
  ['a megabyte of one letter', () => `"${'x'.repeat(1_000_000)}"`],
];
/** Each of its lists and objects a number. */
const spoilt = (held: Json) =>
  Object.fromEntries(
    Object.entries(held).map(([key, value]) => [key, typeof value === 'object' ? 7 : value]),
  );

/** After the decisions and before the load. */
async function decided(): Promise<void> {
  await service.queues.ingest.pause();
  service.start();
  await service.add(RUN, ['a']);
  await until(() => service.queues.ingest.getJob(service.loadName(RUN, 'a')));
}

/**
 * Brings the run to its end; meanwhile the object is altered as soon as it is made, while it is
 * time for that.
 */
async function endAltering(name: string, text: (held: Json) => string, isTime = () => true) {
  const { create } = service.bucket;
  service.bucket.create = async (object) => {
    const isCreated = await create(object);
    if (object.name === name && isTime()) alterObject(service, name, text);
    return isCreated;
  };
  await service.queues.ingest.resume();
  const summary = await service.summary(RUN);
  service.bucket.create = create;
  return summary;
}

/** The workers live: the next run of another table succeeds. */
async function expectAlive(): Promise<void> {
  await service.add(OTHER, ['b']);
  expect(await service.summary(OTHER)).toMatchObject({ status: 'succeeded' });
}

describe.each(ALTERATIONS)('an object that somebody has made: %s', (_, text) => {
  it('LOAD.json: its load fails with a reason, nothing is read, and the workers live', async () => {
    await decided();
    const loadId = service.loadName(RUN, 'a');
    alterObject(service, objectNames(service.sourceId).load(RUN, loadId), text);
    await service.queues.ingest.resume();
    const summary = await service.summary(RUN);
    expect(summary.tables[0]).toMatchObject({
      status: 'failed',
      failure: { code: 'OBJECT_INVALID' },
    });
    expect(String(summary.tables[0]?.failure?.message).length).toBeLessThan(2_000);
    expect(service.engine.started).toEqual([]);
    await expectAlive();
  });

  it('manifest.json: what it says is not published, and the workers live', async () => {
    await decided();
    const name = objectNames(service.sourceId).manifest(attemptName(service.loadName(RUN, 'a'), 1));
    const isFirst = () => service.engine.started.length === 1;
    const summary = await endAltering(name, text, isFirst);
    expect(summary.tables[0]).toMatchObject({ status: 'failed', failure: { code: 'OBJECT_INVALID' } });
    await expectAlive();
  });

  it('spec.json of an attempt that is to go on: the same', async () => {
    await decided();
    const loadId = service.loadName(RUN, 'a');
    const spec = objectNames(service.sourceId).spec(attemptName(loadId, 1));
    const summary = await endAltering(spec, text);
    expect(summary.tables[0]).toMatchObject({ status: 'failed', failure: { code: 'OBJECT_INVALID' } });
    expect(String(summary.tables[0]?.failure?.message).length).toBeLessThan(2_000);
    await expectAlive();
  });
});
