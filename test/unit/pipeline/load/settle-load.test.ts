import { beforeEach, describe, expect, it } from 'vitest';
import { LoadError } from '../../../../src/pipeline/errors/load-error.ts';
import { settleLoad } from '../../../../src/pipeline/load/settle-load.ts';
import { attemptName, dataprocJobId } from '../../../../src/pipeline/names/index.ts';
import { load, setUpLoad } from '../../../support/load-set-up.ts';

let set: ReturnType<typeof setUpLoad>;
beforeEach(() => {
  set = setUpLoad();
});
const why = 'job stalled more than allowable limit';
const settle = async () => {
  const watch = { signal: new AbortController().signal, report: async () => undefined };
  return (await settleLoad({ load, why }, set.deps, watch)).row;
};
const FIRST = dataprocJobId(load.sourceId, attemptName(load.loadId, 1));

describe('a load that nobody has said the end of', () => {
  it('was loaded where its publish has ended well', async () => {
    const outcome = await set.run();
    if (outcome.outcome !== 'loaded') throw new Error(outcome.outcome);
    expect(await settle()).toEqual(outcome.row);
    expect(set.engine.started).toHaveLength(1);
  });

  it('is abandoned where it was never begun, and begins nothing', async () => {
    expect(await settle()).toMatchObject({
      status: 'failed',
      error_code: 'LOAD_ABANDONED',
      error_message: expect.stringContaining(why),
      attempts: 0,
      dataproc_job_id: null,
    });
    expect(set.engine.started).toEqual([]);
  });

  it('has what is under way for it ended', async () => {
    const { run } = set.engine;
    set.engine.run = async () => {
      throw new LoadError('DATAPROC_UNAVAILABLE', '503');
    };
    await set.run().catch(() => undefined);
    const cancelled: string[] = [];
    set.engine.cancel = async ({ spec }) => void cancelled.push(spec.attemptId);
    set.engine.probe = async () => ({ state: 'running', remoteJobId: FIRST });
    expect(await settle()).toMatchObject({ status: 'failed', attempts: 1, dataproc_job_id: FIRST });
    expect(cancelled).toEqual([attemptName(load.loadId, 1)]);
    set.engine.run = run;
  });

  it('is asked about again where a service is away', async () => {
    await set.run();
    set.destination.getPublish = async () => {
      throw new LoadError('DESTINATION_UNAVAILABLE', '503');
    };
    await expect(settle()).rejects.toMatchObject({ code: 'DESTINATION_UNAVAILABLE' });
  });
});
