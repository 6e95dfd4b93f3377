import { describe, expect, it } from 'vitest';
import { LoadError } from '../../src/pipeline/errors/load-error.ts';
import { objectNames } from '../../src/pipeline/names/index.ts';
import { ingestJobOptions } from '../../src/queues/job-options.ts';
import type { FakeService } from '../support/fake-service.ts';
import { RUN, serviceOfEachTest } from '../support/service-of-each-test.ts';
import { finishedJob, until } from '../support/wait.ts';

let service: FakeService;
const NEWER = 'manual-20260103T030000Z-0002';

serviceOfEachTest((fresh) => {
  service = fresh;
});

const load = (runId = RUN) => service.loadName(runId, 'a');
const job = (runId = RUN) => service.queues.ingest.getJob(load(runId));
const rowOf = (runId: string, status: string) =>
  until(async () => service.rows.find((row) => row.run_id === runId && row.status === status));

/** BigQuery takes no publish of that load until it is told to. */
function awayFor(runId: string): () => void {
  const { publish } = service.destination;
  service.destination.publish = async (request) => {
    if (request.id.includes(load(runId))) throw new LoadError('DESTINATION_UNAVAILABLE', '503');
    return publish(request);
  };
  return () => {
    service.destination.publish = publish;
  };
}

describe('a load that failed after its stage was whole', () => {
  it.each([
    ['Retry', async () => (await job())?.retry('failed')],
    ['Retry all', () => service.queues.ingest.retryJobs({ state: 'failed' })],
  ])('reads again where a person presses %s', async (_, press) => {
    const back = awayFor(RUN);
    service.start();
    await service.add(RUN, ['a']);
    expect(await service.summary(RUN)).toMatchObject({ tables: [{ status: 'failed', attempts: 1 }] });
    expect(service.engine.started).toEqual([`${load()}-a1`]);
    back();
    await press();
    expect(await rowOf(RUN, 'loaded')).toMatchObject({ attempts: 2 });
    expect(service.engine.started).toEqual([`${load()}-a1`, `${load()}-a2`]);
    expect(service.destination.published.at(-1)?.uris[0]).toContain(`${load()}-a2`);
  });
});

describe('a load that is set back', () => {
  it('is superseded where another run has published newer rows meanwhile, and its run succeeds', async () => {
    const back = awayFor(RUN);
    service.start();
    await service.add(RUN, ['a']);
    // Set back for a while, the table's lease given back.
    await until(async () => (await job())?.isDelayed());
    await service.add(NEWER, ['a']);
    await rowOf(NEWER, 'loaded');
    back();
    expect(await service.summary(RUN)).toMatchObject({
      status: 'succeeded',
      superseded: 1,
      loaded: 0,
      failed: 0,
      tables: [{ status: 'superseded', failure: null }],
    });
    expect(await rowOf(RUN, 'superseded')).toMatchObject({ error_code: null, rows_loaded: null });
    expect(service.destination.published).toHaveLength(1);
    expect((await job())?.returnvalue).toMatchObject({ status: 'superseded' });
  });
});

describe('a load that was cancelled', () => {
  it('does not publish where an older copy of Redis brings its job back', async () => {
    const back = awayFor(RUN);
    service.start();
    await service.add(RUN, ['a']);
    const before = await until(async () => {
      const found = await job();
      return (await found?.isDelayed()) && found;
    });
    await service.cancellations.request(load());
    expect(await service.summary(RUN)).toMatchObject({ tables: [{ status: 'cancelled' }] });
    back();
    // As Redis knew it then; and the bucket knows of no end, as where the worker died before it was
    // written.
    await (await job())?.remove();
    await service.bucket.remove([objectNames(service.sourceId).end(RUN, load())]);
    await service.queues.ingest.add('load', before.data, ingestJobOptions(load(), 3));
    const again = await finishedJob(service.queues.ingest, load());
    expect(again.failedReason).toMatch(/^CANCELLED/);
    expect(service.destination.published).toEqual([]);
    await again.retry('failed');
    expect(await rowOf(RUN, 'loaded')).toMatchObject({ attempts: 2 });
  });
});
