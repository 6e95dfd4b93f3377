import { describe, expect, it } from 'vitest';
import { describeFailure } from '../../../src/pipeline/errors/failure.ts';
import { LoadError } from '../../../src/pipeline/errors/load-error.ts';
import { addRun } from '../../../src/queues/queues.ts';
import type { FakeService } from '../../support/fake-service.ts';
import { RUN, serviceOfEachTest } from '../../support/service-of-each-test.ts';
import { finishedJob } from '../../support/wait.ts';

let service: FakeService;
const away = () => new LoadError('STAGE_UNAVAILABLE', 'GCS: 503');
const OOM = () => new Error("ReplyError: OOM command not allowed when used memory > 'maxmemory'.");

serviceOfEachTest((fresh) => {
  service = fresh;
});

/** The calls of this number (from 1) about the object fail. */
function failing(call: 'read' | 'create' | 'exists', object: string, faults: Record<number, () => Error>) {
  const original = service.bucket[call] as (what: string | { name: string }) => Promise<unknown>;
  let calls = 0;
  const withFaults = async (what: string | { name: string }) => {
    if (!(typeof what === 'string' ? what : what.name).endsWith(object)) return original(what);
    calls += 1;
    const fault = faults[calls];
    if (fault) throw fault();
    return original(what);
  };
  Object.assign(service.bucket, { [call]: withFaults });
}

const addOld = () =>
  addRun(service.queues, {
    sourceId: service.sourceId,
    runId: RUN,
    trigger: 'manual',
    tables: [{ schema: 's', table: 'a' }],
    isForced: true,
    requestedAt: new Date(Date.now() - 3_600_000).toISOString(),
  });
/**
 * The run's job and summary; asked in this order, because the summary's faults are for the worker.
 */
async function ended() {
  const job = await finishedJob(service.queues.controller, RUN);
  return { failedReason: job.failedReason ?? null, summary: await service.summary(RUN) };
}
const succeeded = (loaded: number) => ({
  failedReason: null,
  summary: { status: 'succeeded', loaded, error: null },
});

describe('a run goes on where it fails', () => {
  it.each<[string, Parameters<typeof failing>]>([
    ['the bucket is away at its first look', ['read', 'summary.json', { 1: away, 2: away }]],
    ['the bucket is away when its loads have ended', ['read', 'summary.json', { 2: away }]],
    ['the bucket is away when it ends', ['create', 'summary.json', { 1: away }]],
    ['something unknown happens at its first look', ['read', 'summary.json', { 1: OOM }]],
    ['something unknown happens before its decisions', ['create', 'tables.json', { 1: OOM }]],
    ['something unknown happens at its end', ['create', 'summary.json', { 1: OOM }]],
  ])('%s', async (_, fault) => {
    failing(...fault);
    service.start();
    await service.add(RUN, ['a', 'b']);
    expect(await ended()).toMatchObject(succeeded(2));
    expect(service.rows).toHaveLength(2);
  });

  it('its decisions are made, however old it is', async () => {
    failing('create', 'summary.json', { 1: away });
    service.start();
    await addOld();
    expect(await ended()).toMatchObject(succeeded(1));
  });
});

describe('a run without decisions that is too old', () => {
  it('ends with its error, and says what to do', async () => {
    failing('create', 'tables.json', { 1: away });
    service.start();
    await addOld();
    const { failedReason, summary } = await ended();
    const { error } = summary;
    expect(error).toMatchObject({ code: 'STAGE_UNAVAILABLE', message: 'GCS: 503' });
    expect(failedReason).toBe(
      `${error && describeFailure(error)}\nRuns are not retried. Load what failed with: npm run enqueue -- table=s.a`,
    );
    expect(failedReason).toMatch(/^STAGE_UNAVAILABLE: GCS: 503 \(/);
  });

  it('waits for the bucket, because no run ends without its summary', async () => {
    failing('read', 'summary.json', { 1: away });
    failing('exists', 'tables.json', { 1: away });
    service.start();
    await addOld();
    expect(await ended()).toMatchObject(succeeded(1));
  });
});

it('a run that may not go on ends only with its summary', async () => {
  failing('read', 'tables.json', { 1: () => new LoadError('STAGE_DENIED', 'GCS: 403') });
  failing('create', 'summary.json', { 1: away });
  service.start();
  await service.add(RUN, ['a']);
  expect(await service.summary(RUN)).toMatchObject({ status: 'succeeded', loaded: 1 });
});
