import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { LoadError } from '../../../src/pipeline/errors/load-error.ts';
import type { Service } from '../../../src/pipeline/errors/outages.ts';
import { queuePrefix } from '../../../src/pipeline/names/index.ts';
import { createOutages, type Outages } from '../../../src/redis/outages.ts';
import { type Circuit, createCircuit, type Probe } from '../../../src/workers/circuit.ts';
import type { FakeService } from '../../support/fake-service.ts';
import { remoteFailed } from '../../support/fakes/staging-engine.ts';
import { RUN, serviceOfEachTest } from '../../support/service-of-each-test.ts';
import { pause, until } from '../../support/wait.ts';

let service: FakeService;
let sourceId: string;
let outages: Outages;
let circuit: Circuit;
let probes: Record<Service, Probe>;
let aheadMs: number;
let lines: Record<string, unknown>[];
const TABLES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const away = async () => {
  throw new LoadError('DATAPROC_UNAVAILABLE', '503');
};
const there = async () => undefined;

serviceOfEachTest((fresh) => {
  service = fresh;
  sourceId = fresh.sourceId;
  outages = createOutages(service.connection, sourceId);
  probes = { dataproc: there, gcs: there, bigquery: there, mysql: there };
  aheadMs = 0;
  lines = [];
  circuit = createCircuit({
    queues: service.queues,
    outages,
    probes,
    now: () => new Date(Date.now() + aheadMs),
    log: pino({ base: null }, { write: (line) => void lines.push(JSON.parse(line)) }),
  });
});

/** Interruptions and attempts that the loads' jobs have used. */
const used = async () =>
  Promise.all(
    TABLES.map(async (table) => {
      const job = await service.queues.ingest.getJob(service.loadName(RUN, table));
      return [job?.data.interruptions ?? 0, job?.attemptsMade];
    }),
  );
const failsBy = (code: 'DATAPROC_UNAVAILABLE' | 'SOURCE_UNREACHABLE', times = 1_000) =>
  service.engine.failures.push(...Array.from({ length: times }, () => new LoadError(code, 'no answer')));

describe('a service that is away', () => {
  it('holds all loads back, says so, uses up nothing, and they go on by themselves when it is back', async () => {
    failsBy('DATAPROC_UNAVAILABLE');
    probes.dataproc = away;
    service.start({ circuit });
    await service.add(RUN, TABLES);
    const outage = await until(() => outages.current());
    expect(outage).toMatchObject({ service: 'dataproc', why: 'DATAPROC_UNAVAILABLE: no answer' });
    const { started } = service.engine;
    const tried = new Set(started).size;
    expect(tried).toBeLessThanOrEqual(2);
    await circuit.look();
    await pause(500);
    expect(new Set(started).size).toBe(tried);
    const run = async () => (await service.queues.controller.getJob(RUN))?.progress;
    await until(async () => JSON.stringify(await run()).includes('no load begins: Dataproc is away'));
    expect(lines).toMatchObject([{ service: 'dataproc', code: 'DATAPROC_UNAVAILABLE' }]);

    service.engine.failures.length = 0;
    probes.dataproc = there;
    await circuit.look();
    expect(await outages.current()).toBeNull();
    expect(lines.at(-1)).toMatchObject({ msg: 'Dataproc is back: loads go on' });
    expect(await service.summary(RUN)).toMatchObject({ status: 'succeeded', loaded: TABLES.length });
    expect(await used()).toEqual(TABLES.map(() => [0, 1]));
    expect(service.rows.every(({ attempts }) => attempts === 1)).toBe(true);
  });

  it('spares the attempts that it has ended, the last one too', async () => {
    const refused = async () => {
      throw new LoadError('SOURCE_UNREACHABLE', 'refused');
    };
    probes.mysql = refused;
    failsBy('SOURCE_UNREACHABLE', 2);
    service.engine.failures.push(remoteFailed());
    service.start({ circuit });
    await service.add(RUN, ['a']);
    for (let outage = 1; outage <= 2; outage += 1) {
      await until(() => outages.current());
      probes.mysql = there;
      await circuit.look();
      probes.mysql = refused;
    }
    // Two attempts are all that a load has here.
    expect(await service.summary(RUN)).toMatchObject({ status: 'succeeded', tables: [{ attempts: 4 }] });
  });

  it('is known to every process, for no longer than somebody keeps it up, and is no pause', async () => {
    await circuit.failed({
      error: new LoadError('SOURCE_UNREACHABLE', 'x'),
      table: { schema: 's', table: 'a' },
    });
    expect(await outages.current()).toBeNull();
    probes.bigquery = away;
    const error = new LoadError('DESTINATION_UNAVAILABLE', '503');
    expect(await circuit.failed({ error, table: { schema: 's', table: 'a' } })).toBe(true);
    const { connection, queues } = service;
    const expiries = await Promise.all(
      [`${queuePrefix(sourceId)}:outage`, queues.ingest.toKey('limiter')].map((key) => connection.pttl(key)),
    );
    for (const ms of expiries) expect(ms).toBeGreaterThan(0);
    expect(await queues.ingest.isPaused()).toBe(false);
    service.start({ circuit });
    await service.add(RUN, ['a']);
    await pause(300);
    expect(service.engine.started).toEqual([]);
    // As after the death of all who knew of it.
    await connection.pexpire(queues.ingest.toKey('limiter'), 1);
    expect(await service.summary(RUN)).toMatchObject({ status: 'succeeded' });
  });
});

describe('what is no outage', () => {
  it('is a table that fails by itself', async () => {
    const { run } = service.engine;
    service.engine.run = async (attempt, watch) => {
      if (attempt.spec.table.table === 'a') throw new LoadError('DATAPROC_UNAVAILABLE', 'no answer');
      return run(attempt, watch);
    };
    service.start({ circuit });
    await service.add(RUN, TABLES);
    expect(await service.summary(RUN)).toMatchObject({ loaded: TABLES.length - 1, failed: 1 });
    expect(lines).toEqual([]);
  });

  it('is a service that refuses what it is asked', async () => {
    probes.dataproc = async () => {
      throw new LoadError('DATAPROC_DENIED', '403');
    };
    const error = new LoadError('DATAPROC_UNAVAILABLE', 'no answer');
    expect(await circuit.failed({ error, table: { schema: 's', table: 'a' } })).toBe(false);
  });

  it('is a failure that says nothing of a service', async () => {
    for (const table of TABLES)
      expect(
        await circuit.failed({ error: new LoadError('REMOTE_FAILED', 'x'), table: { schema: 's', table } }),
      ).toBe(false);
  });
});

describe('three tables in a row', () => {
  it('are an outage though the probe is answered, with a rest that grows, until one has loaded', async () => {
    const error = new LoadError('DATAPROC_UNAVAILABLE', 'no answer');
    const fail = (table: string) => circuit.failed({ error, table: { schema: 's', table } });
    expect([await fail('a'), await fail('a'), await fail('b')]).toEqual([false, false, false]);
    expect(await fail('c')).toBe(true);
    await circuit.look();
    expect(await outages.current()).not.toBeNull();
    aheadMs += 61_000;
    await circuit.look();
    expect(await outages.current()).toBeNull();
    // It was not over: the next one says so by itself, and the rest is longer.
    expect(await fail('d')).toBe(true);
    aheadMs += 61_000;
    await circuit.look();
    expect(await outages.current()).not.toBeNull();
    aheadMs += 61_000;
    await circuit.look();
    expect(await outages.current()).toBeNull();
    await circuit.succeeded();
    expect(await fail('e')).toBe(false);
  });

  it('are one outage where more fail in the same moment: the rest does not grow by them', async () => {
    const error = new LoadError('DATAPROC_UNAVAILABLE', 'no answer');
    const fail = (table: string) => circuit.failed({ error, table: { schema: 's', table } });
    for (const table of ['a', 'b']) expect(await fail(table)).toBe(false);
    expect(await Promise.all(TABLES.slice(2).map(fail))).not.toContain(false);
    expect(await outages.openings('dataproc')).toBe(1);
  });
});

it('what is no outage under its key is none', async () => {
  await service.connection.set(`${queuePrefix(sourceId)}:outage`, 'not json');
  expect(await outages.current()).toBeNull();
});
