import { describe, expect, it } from 'vitest';
import type { VerifySettings } from '../../../../src/pipeline/mapping/verify-settings.ts';
import { loadName, objectNames } from '../../../../src/pipeline/names/index.ts';
import type { DecidedTable, TablesObject } from '../../../../src/pipeline/objects/run.ts';
import { createObject } from '../../../../src/pipeline/ports/json-objects.ts';
import { type DecideContext, decideRun } from '../../../../src/pipeline/run/decide-run.ts';
import { createMemoryBucket } from '../../../support/fakes/memory-bucket.ts';
import { RUN, signature } from '../../../support/samples.ts';

const decided = (table: string, changes: Partial<DecidedTable> = {}): DecidedTable => ({
  schema: 's',
  table,
  decision: 'load',
  reason: 'never_loaded',
  loadId: loadName(RUN, { schema: 's', table }),
  destination: { dataset: 's', table },
  storageEngine: 'InnoDB',
  rowsEstimate: 1,
  bytesEstimate: 1,
  engine: 'dataproc',
  engineReason: 'setting',
  lastPublishedAt: null,
  note: null,
  signature: signature(),
  ...changes,
});
const whole = (changes: Partial<TablesObject> = {}): TablesObject => ({
  version: 1,
  sourceId: 'main',
  runId: RUN,
  trigger: 'scheduled',
  startedAt: '2026-01-02T03:00:00.000Z',
  decidedAt: '2026-01-02T03:00:01.000Z',
  server: { identity: 'uuid:1', bootEpoch: '1', version: '8', flavour: 'mysql', dictionary: null },
  isWhole: true,
  tables: [decided('a'), decided('b', { decision: 'skip', reason: 'unchanged', loadId: null })],
  ...changes,
});

/** What a repeated verify makes of the `tables.json` it finds. */
async function reread(found: unknown): Promise<TablesObject> {
  const bucket = createMemoryBucket();
  await createObject(bucket, objectNames('main').tables(RUN), found);
  const request = { runId: RUN, trigger: 'scheduled' as const, tables: null, isForced: false, startedAt: '' };
  return decideRun(
    request,
    { sourceId: 'main' } as VerifySettings,
    { ports: { bucket } } as unknown as DecideContext,
  );
}

describe('tables.json that was altered by hand', () => {
  it('counts as it was written where nobody did', async () => {
    expect(await reread(whole())).toEqual(whole());
  });

  it.each<[string, object, string]>([
    ['is no longer what it should be', { tables: 'none' }, 'tables: '],
    [
      'has a reason that does not exist',
      { tables: [{ ...decided('a'), reason: 'because' }] },
      'tables.0.reason',
    ],
    [
      'names the load of another table',
      { tables: [decided('a', { loadId: loadName(RUN, { schema: 's', table: 'b' }) })] },
      'tables.0.loadId: expected',
    ],
    [
      'loads what it skips',
      { tables: [decided('a', { decision: 'skip', reason: 'unchanged' })] },
      'tables.0.loadId: expected null',
    ],
    ['loads nothing for what it loads', { tables: [decided('a', { loadId: null })] }, 'got null'],
    [
      'has a table twice',
      { tables: [decided('a'), decided('a')] },
      'tables.1.loadId: the table is there twice',
    ],
    [
      'is that of another run',
      { runId: '20260103T030000Z', tables: [] },
      'is that of run 20260103T030000Z of main',
    ],
    ['is that of another installation', { sourceId: 'other' }, `is that of run ${RUN} of other`],
  ])('%s: refused, naming the object and what is wrong', async (_, changes, text) => {
    await expect(reread(whole(changes as Partial<TablesObject>))).rejects.toMatchObject({
      code: 'OBJECT_INVALID',
      isTransient: false,
      message: expect.stringContaining(text),
    });
    await expect(reread(whole(changes as Partial<TablesObject>))).rejects.toThrow(
      `main/runs/${RUN}/tables.json`,
    );
  });
});
