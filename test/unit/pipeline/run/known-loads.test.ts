import { beforeEach, describe, expect, it } from 'vitest';
import { publishedSignature, reconcile } from '../../../../src/pipeline/load/reconcile.ts';
import type { TableRules, VerifySettings } from '../../../../src/pipeline/mapping/verify-settings.ts';
import { loadName, objectNames } from '../../../../src/pipeline/names/index.ts';
import type { LoadObject } from '../../../../src/pipeline/objects/load.ts';
import type { Manifest } from '../../../../src/pipeline/objects/manifest.ts';
import type { Flavour, TablesObject } from '../../../../src/pipeline/objects/run.ts';
import { createObject } from '../../../../src/pipeline/ports/json-objects.ts';
import { knownLoads } from '../../../../src/pipeline/run/known-loads.ts';
import { capture, signatureOf } from '../../../support/captures.ts';
import { createMemoryBucket } from '../../../support/fakes/memory-bucket.ts';
import { failure, loadObject, sourceColumn, specOf } from '../../../support/samples.ts';

const TABLE = { schema: 's', table: 't' };
const OLD = '20260101T030000Z';
const NEW = '20260102T030000Z';
const names = objectNames('main');

const settings: VerifySettings = {
  sourceId: 'main',
  schemas: ['s'],
  datasetTemplate: '{schema}',
  settleSeconds: 1,
  maxStalenessMs: 1,
  compression: 'none',
  engine: 'dataproc',
  directMaxBytes: 0,
  runner: 'dataproc',
  rulePlaces: [],
  maskKey: null,
  rulesFor: () => ({}),
  exclusionRule: () => null,
};
const request = {
  runId: 'manual-20260103T030000Z-abcd',
  trigger: 'manual' as const,
  tables: [TABLE],
  isForced: true,
  startedAt: '',
  decidedAt: new Date('2026-01-03T03:00:00Z'),
};

let bucket: ReturnType<typeof createMemoryBucket>;
const ask = (changes: Partial<typeof request> = {}, more: Partial<VerifySettings> = {}) =>
  knownLoads({ ...request, ...changes }, { ...settings, ...more }, bucket);

async function putRun(
  runId: string,
  changes: Partial<LoadObject> = {},
  flavour: Flavour = 'mysql',
): Promise<void> {
  const tables: TablesObject = {
    version: 1,
    sourceId: 'main',
    runId,
    trigger: 'scheduled',
    startedAt: '',
    decidedAt: '',
    server: { identity: 'uuid:1', bootEpoch: '1', version: '8.0.31', flavour, dictionary: null },
    isWhole: true,
    tables: [],
  };
  const loadId = loadName(runId, TABLE);
  await createObject(bucket, names.tables(runId), tables);
  await createObject(
    bucket,
    names.load(runId, loadId),
    loadObject({
      sourceId: 'main',
      runId,
      loadId,
      table: TABLE,
      signature: signatureOf(capture()),
      ...changes,
    }),
  );
}

beforeEach(() => {
  bucket = createMemoryBucket();
});

describe('a load by name where only the cluster reaches the source', () => {
  it('works from the newest LOAD.json of the table, and asks the driver who the server is', async () => {
    await putRun(OLD);
    await putRun(NEW, { maxRowsPerObject: 4_321 });
    const known = await ask();
    expect(known?.tables).toMatchObject([{ ...TABLE, decision: 'load', reason: 'forced' }]);
    const [load, ...more] = [...(known?.loads ?? [])];
    expect([load, more]).toMatchObject([{ runId: request.runId, maxRowsPerObject: 4_321 }, []]);
    expect(specOf(load).queries).toMatchObject({
      identity: 'SELECT CAST(@@server_uuid AS CHAR) AS own',
      guard: 'SELECT IF(@@server_uuid = {identity}, 1, (SELECT 1 UNION SELECT 2))',
    });
  });

  it.each<[string, () => ReturnType<typeof ask>]>([
    ['the worker reaches the source', () => ask({}, { runner: 'worker' })],
    ['the run is not one of tables asked for by name', () => ask({ isForced: false })],
    ['a table has never been loaded', () => ask({ tables: [TABLE, { schema: 's', table: 'nova' }] })],
  ])('is left to the source where %s', async (_, asked) => {
    await putRun(NEW);
    expect(await asked()).toBeNull();
  });

  it('is left to the source where its LOAD.json is of another version', async () => {
    await putRun(NEW, { version: 7 as never });
    expect(await ask()).toBeNull();
  });

  it('is left to the source where the table was not shown whole at the last look', async () => {
    await putRun(NEW, { refusal: failure('SOURCE_COLUMNS_HIDDEN') });
    expect(await ask()).toBeNull();
  });

  it('is not published where its engine was refused the whole row', async () => {
    await putRun(NEW);
    const [load] = [...((await ask())?.loads ?? [])];
    const denied = capture({}, { whole_row: { errno: 1142, message: 'SELECT command denied' } });
    const captures = { before: capture(), after: denied };
    const manifest = {
      rows: 2,
      readers: 1,
      counts: { inside: null, beside: 2 },
      fingerprint: null,
      captures,
    } as Manifest;
    const refuse = (one: Manifest) => () =>
      reconcile({ spec: specOf(load), manifest: one, load: load ?? loadObject() });
    expect(refuse(manifest)).toThrow(/may not read every column; it sees c\./);
    expect(refuse({ ...manifest, captures: { before: capture(), after: capture() } })).not.toThrow();
  });

  it('is read by the ranges of its key, unless that is masked by now', async () => {
    const predicates = ['`c` < 7', '`c` >= 7'];
    await putRun(NEW, { predicates });
    const partitions = { count: 2, above: 1 };
    const predicatesBy = async (rules: TableRules) =>
      [...((await ask({}, { rulesFor: () => rules }))?.loads ?? [])][0]?.predicates;
    expect(await predicatesBy({ partitions })).toEqual(predicates);
    expect(await predicatesBy({})).toEqual([]);
    expect(await predicatesBy({ partitions, columns: { c: { mask: { kind: 'hmac' } } } })).toEqual([]);
  });

  it('is mapped for the server that verify saw, whatever its version text looks like', async () => {
    const expressionOn = async (runId: string, flavour: Flavour) => {
      await putRun(
        runId,
        { sourceColumns: [sourceColumn({ dataType: 'float', columnType: 'float' })] },
        flavour,
      );
      return [...((await ask())?.loads ?? [])][0]?.columns[0]?.expression;
    };
    expect(await expressionOn(OLD, 'mysql')).not.toBe(await expressionOn(NEW, 'mariadb'));
  });

  it('is refused where a rule keeps the table out', async () => {
    await putRun(NEW);
    await expect(ask({}, { exclusionRule: () => 'exclude: t' })).rejects.toMatchObject({
      code: 'TABLE_EXCLUDED',
    });
  });

  it("gives history the driver's own signature, from before its first read, of whichever server that was", async () => {
    await putRun(NEW);
    const [load] = (await ask())?.loads ?? [];
    if (!load) throw new Error('no load');
    const spec = specOf(load);
    const elsewhere = { server: { rows: [{ Variable_name: 'server_uuid', Value: '2' }] } };
    const before = capture({ update_time: '2026-01-02 09:00:00', update_epoch: '5100' }, elsewhere);
    const after = capture({ update_time: '2026-01-02 09:30:00', update_epoch: '5200' }, elsewhere);
    const manifest = {
      ...{ rows: 2, readers: 1, counts: { inside: null, beside: 2 }, wireBytes: null },
      captures: { before, after },
    } as Manifest;
    expect(reconcile({ spec, manifest, load }).consistency).toBe('snapshot');
    expect(publishedSignature(spec, manifest)).toMatchObject({
      server: 'uuid:2',
      updateTime: { at: '2026-01-02 09:00:00' },
      config: load.signature.config,
    });
    const moved = { ...manifest, captures: { before, after: capture() } };
    expect(() => reconcile({ spec, manifest: moved, load })).toThrow(
      expect.objectContaining({ code: 'SOURCE_MOVED' }),
    );
  });
});
