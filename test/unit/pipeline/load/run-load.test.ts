import { describe, expect, it } from 'vitest';
import { LoadError } from '../../../../src/pipeline/errors/load-error.ts';
import { attemptName, loadName, objectNames, publishJobId } from '../../../../src/pipeline/names/index.ts';
import { createObject } from '../../../../src/pipeline/ports/json-objects.ts';
import { facts } from '../../../support/fakes/memory-destination.ts';
import { remoteFailed } from '../../../support/fakes/staging-engine.ts';
import { FRESH, load, setUpLoad } from '../../../support/load-set-up.ts';
import { failure } from '../../../support/samples.ts';

const names = objectNames(load.sourceId);

describe('runLoad', () => {
  it('stages, publishes and records, with the signature of the spec', async () => {
    const { run, destination } = setUpLoad();
    const outcome = await run();
    expect(outcome).toMatchObject({
      outcome: 'loaded',
      attempt: 1,
      row: {
        status: 'loaded',
        consistency: 'snapshot',
        rows_source: 2,
        rows_staged: 2,
        rows_loaded: 2,
        attempts: 1,
        signature: load.signature,
      },
    });
    expect(destination.published).toHaveLength(1);
    expect(destination.published[0]).toMatchObject({
      disposition: 'replace-schema',
      uris: [expect.stringContaining('/data/writer/part-0')],
    });
  });

  it('finds its publish after a crash and records it, without reading or publishing again', async () => {
    const { run, engine, destination } = setUpLoad();
    await run();
    expect(await run()).toMatchObject({ outcome: 'loaded', attempt: 1 });
    expect(engine.started).toHaveLength(1);
    expect(destination.published).toHaveLength(1);
  });

  it('finds its stage after a crash and publishes that', async () => {
    const { run, engine, destination } = setUpLoad();
    await run();
    destination.jobs.clear();
    expect(await run()).toMatchObject({ outcome: 'loaded', attempt: 1 });
    expect(engine.started).toHaveLength(1);
  });

  it('reads again when an object of its stage is gone', async () => {
    const { run, destination, bucket } = setUpLoad();
    await run();
    destination.jobs.clear();
    await bucket.remove([`${names.data(attemptName(load.loadId, 1))}writer/part-0`]);
    expect(await run()).toMatchObject({
      outcome: 'later',
      nextAttempt: 2,
      error: { code: 'STAGE_INCOMPLETE' },
    });
    expect(await run({ attemptsBefore: 0, nextAttempt: 2 })).toMatchObject({ outcome: 'loaded', attempt: 2 });
  });

  it('waits before the next attempt when one has failed, and never starts one twice', async () => {
    const { run, engine } = setUpLoad();
    engine.failures.push(remoteFailed());
    expect(await run()).toMatchObject({ outcome: 'later', nextAttempt: 2, delayMs: 30_000 });
    expect(await run({ attemptsBefore: 0, nextAttempt: 2 })).toMatchObject({
      outcome: 'loaded',
      attempt: 2,
      row: { attempts: 2 },
    });
    expect(new Set(engine.started).size).toBe(engine.started.length);
  });

  it('ends what an attempt has left running at the source when it is over, and not while it may be attached to', async () => {
    const { run, engine, deps } = setUpLoad();
    const ended: string[] = [];
    deps.endStatements = async ({ attemptId }) => void ended.push(attemptId);
    engine.failures.push(new LoadError('DATAPROC_UNAVAILABLE', 'away'), remoteFailed());
    await expect(run()).rejects.toMatchObject({ code: 'DATAPROC_UNAVAILABLE' });
    expect(ended).toEqual([]);
    expect(await run()).toMatchObject({ outcome: 'later' });
    expect(ended).toEqual([attemptName(load.loadId, 1)]);
    expect(await run({ attemptsBefore: 0, nextAttempt: 2 })).toMatchObject({ outcome: 'loaded' });
    expect(ended).toHaveLength(1);
  });

  it('waits for a table that was locked, without an attempt of the engine, and fails when the budget is used up', async () => {
    const { run, engine, deps } = setUpLoad();
    const message = 'The table is locked: held by thread 7 of app@h (RENAME, 40 s).';
    const locked = { ...load, columns: [], refusal: failure('SOURCE_BUSY', message) };
    const later = { outcome: 'later', error: { code: 'SOURCE_BUSY', message } };
    expect(await run(FRESH, locked)).toMatchObject({ ...later, nextAttempt: 2, delayMs: 30_000 });
    expect(await run({ attemptsBefore: 0, nextAttempt: 2 }, locked)).toMatchObject({
      ...later,
      nextAttempt: 3,
    });
    expect(await run({ attemptsBefore: 0, nextAttempt: 3 }, locked)).toMatchObject({
      outcome: 'failed',
      attempt: 3,
      row: { error_code: 'SOURCE_BUSY', attempts: 3 },
    });
    expect(deps.maxAttempts).toBe(3);
    expect(await run({ attemptsBefore: 3, nextAttempt: 4 }, locked)).toMatchObject({
      ...later,
      nextAttempt: 5,
    });
    expect(engine.started).toEqual([]);
    expect(await run({ attemptsBefore: 0, nextAttempt: 2 })).toMatchObject({ outcome: 'loaded', attempt: 2 });
  });

  it('fails when the attempts are used up, and starts anew with a fresh budget', async () => {
    const { run, engine } = setUpLoad();
    engine.failures.push(remoteFailed(), remoteFailed(), remoteFailed());
    for (const nextAttempt of [0, 2])
      expect(await run({ attemptsBefore: 0, nextAttempt })).toMatchObject({ outcome: 'later' });
    expect(await run({ attemptsBefore: 0, nextAttempt: 3 })).toMatchObject({
      outcome: 'failed',
      attempt: 3,
      row: { status: 'failed', error_code: 'REMOTE_FAILED', attempts: 3 },
    });
    expect(await run({ attemptsBefore: 3, nextAttempt: 4 })).toMatchObject({ outcome: 'loaded', attempt: 4 });
  });

  it('stops at once for a terminal error', async () => {
    const { run, engine } = setUpLoad();
    engine.failures.push(new LoadError('POLICY_VIOLATION', 'column c'));
    expect(await run()).toMatchObject({ outcome: 'failed', attempt: 1, error: { code: 'POLICY_VIOLATION' } });
  });

  it('uses up no attempt when a service is away', async () => {
    const { run, engine } = setUpLoad();
    engine.failures.push(new LoadError('DATAPROC_UNAVAILABLE', 'away'));
    await expect(run()).rejects.toMatchObject({ code: 'DATAPROC_UNAVAILABLE' });
    expect(await run()).toMatchObject({ outcome: 'loaded', attempt: 1 });
  });

  it('takes the next publish number after a transient failure, without reading again', async () => {
    const { run, engine, destination } = setUpLoad();
    destination.failures.push({ reason: 'backendError', message: 'x', isTransient: true });
    expect(await run()).toMatchObject({
      outcome: 'loaded',
      row: {
        bigquery_job_id: publishJobId({
          sourceId: 'test',
          attemptId: attemptName(load.loadId, 1),
          publishNumber: 2,
        }),
      },
    });
    expect(engine.started).toHaveLength(1);
  });

  it('gives the attempt up after three transient publish failures', async () => {
    const { run, destination } = setUpLoad();
    for (let i = 0; i < 3; i += 1)
      destination.failures.push({ reason: 'backendError', message: 'x', isTransient: true });
    expect(await run()).toMatchObject({
      outcome: 'later',
      nextAttempt: 2,
      error: { code: 'PUBLISH_FAILED' },
    });
  });

  it('fails where BigQuery rejects the rows', async () => {
    const { run, destination } = setUpLoad();
    destination.failures.push({ reason: 'invalid', message: 'bad row', isTransient: false });
    expect(await run()).toMatchObject({ outcome: 'failed', error: { code: 'PUBLISH_REJECTED' } });
  });

  it('refuses a job of its name that is not its own', async () => {
    const { run, destination, engine } = setUpLoad();
    engine.failures.push(remoteFailed());
    await run();
    const id = publishJobId({ sourceId: 'test', attemptId: attemptName(load.loadId, 1), publishNumber: 1 });
    const ended = '2026-01-02T03:04:00.000Z';
    destination.jobs.set(id, {
      id,
      state: 'done',
      error: null,
      labels: {},
      kind: 'other',
      destination: null,
      outputRows: null,
      startedAt: ended,
      endedAt: ended,
    });
    expect(await run()).toMatchObject({ outcome: 'failed', error: { code: 'NAME_TAKEN' } });
  });

  it('refuses a stage that belongs to another spec', async () => {
    const { run, engine } = setUpLoad();
    engine.manifestChanges = { specSha256: 'other' };
    expect(await run()).toMatchObject({ outcome: 'failed', error: { code: 'SPEC_MISMATCH' } });
  });

  it('publishes nothing when counts differ and nothing was written meanwhile', async () => {
    const { run, engine, destination } = setUpLoad();
    engine.manifestChanges = { rows: 3 };
    expect(await run()).toMatchObject({ outcome: 'later', error: { code: 'COUNTS_DIFFER' } });
    expect(destination.published).toHaveLength(0);
  });

  it('keeps an equal schema, and stops before a protected table changes its own', async () => {
    const { run, destination } = setUpLoad();
    destination.tables.set(
      's.t',
      facts([{ name: 'c', type: 'INT64', mode: 'REQUIRED' }], 9, '2026-01-01T00:00:00.000Z'),
    );
    expect(await run()).toMatchObject({ outcome: 'loaded', row: { schema_change: null } });
    expect(destination.published[0]).toMatchObject({
      disposition: 'keep-schema',
      columns: [{ mode: 'REQUIRED' }],
    });

    const other = setUpLoad();
    other.destination.tables.set(
      's.t',
      facts([{ name: 'old', type: 'INT64', mode: 'NULLABLE' }], 9, '2026-01-01T00:00:00.000Z'),
    );
    other.destination.protectedTables.add('s.t');
    expect(await other.run()).toMatchObject({
      outcome: 'failed',
      error: { code: 'SCHEMA_CHANGE_PROTECTED' },
    });
    expect(other.destination.published).toHaveLength(0);
  });

  it('says how the schema changed', async () => {
    const { run, destination, bucket } = setUpLoad();
    destination.tables.set(
      's.t',
      facts([{ name: 'old', type: 'INT64', mode: 'NULLABLE' }], 9, '2026-01-01T00:00:00.000Z'),
    );
    // A column of ours: an earlier run has mapped it.
    const before = { ...load, runId: '20250101T030000Z', loadId: loadName('20250101T030000Z', load.table) };
    const columns = load.columns.map((column) => ({ ...column, destinationName: 'old' }));
    await createObject(bucket, names.load(before.runId, before.loadId), { ...before, columns });
    expect(await run()).toMatchObject({
      outcome: 'loaded',
      row: { schema_change: { added: ['c'], removed: ['old'] } },
    });
  });

  it('does not take a later change of the destination for its own', async () => {
    const { run, destination } = setUpLoad();
    await run();
    destination.tables.set(
      's.t',
      facts([{ name: 'c', type: 'INT64', mode: 'NULLABLE' }], 2, '2026-01-02T04:00:00.000Z'),
    );
    expect(await run()).toMatchObject({ outcome: 'loaded', row: { destination_modified: null } });
  });

  it('stops when told to', async () => {
    const { run, controller } = setUpLoad();
    controller.abort(new Error('shutdown'));
    await expect(run()).rejects.toThrow('shutdown');
  });

  it('reads a spec that another worker has created in the same moment', async () => {
    const { run, bucket, engine } = setUpLoad();
    const first = await run();
    expect(first.outcome).toBe('loaded');
    expect(await createObject(bucket, names.spec(attemptName(load.loadId, 1)), {})).toBe(false);
    expect(engine.started).toEqual([attemptName(load.loadId, 1)]);
  });
});
