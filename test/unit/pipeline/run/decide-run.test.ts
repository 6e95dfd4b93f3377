import { beforeEach, describe, expect, it } from 'vitest';
import { LoadError } from '../../../../src/pipeline/errors/load-error.ts';
import type { TableRules, VerifySettings } from '../../../../src/pipeline/mapping/verify-settings.ts';
import { objectNames } from '../../../../src/pipeline/names/index.ts';
import { loadObjectSchema } from '../../../../src/pipeline/objects/load.ts';
import { readObject } from '../../../../src/pipeline/ports/json-objects.ts';
import { decideRun } from '../../../../src/pipeline/run/decide-run.ts';
import { capture } from '../../../support/captures.ts';
import { createMemoryBucket } from '../../../support/fakes/memory-bucket.ts';
import { createMemoryDestination } from '../../../support/fakes/memory-destination.ts';
import { createMemoryHistory } from '../../../support/fakes/memory-history.ts';

const RUN = '20260103T030000Z';
const names = objectNames('main');
const MASKED: TableRules = { columns: { c: { mask: { kind: 'nullify' } } } };
let bucket: ReturnType<typeof createMemoryBucket>;

beforeEach(() => {
  bucket = createMemoryBucket();
});

/** One worker's verify of the run, by its rules. */
function decide(rules: TableRules, at: string, signal?: AbortSignal) {
  const settings: VerifySettings = {
    sourceId: 'main',
    runner: 'worker',
    schemas: ['s'],
    datasetTemplate: '{schema}',
    settleSeconds: 1,
    maxStalenessMs: 1e9,
    compression: 'none',
    engine: 'dataproc',
    directMaxBytes: 0,
    rulePlaces: [],
    maskKey: null,
    rulesFor: () => rules,
    exclusionRule: () => null,
  };
  const source = { capture: async () => capture(), close: async () => undefined };
  return decideRun(
    { runId: RUN, trigger: 'scheduled', tables: null, isForced: false, startedAt: `${at}T03:00:00.000Z` },
    settings,
    {
      ports: {
        sourceQueries: source,
        bucket,
        history: createMemoryHistory(),
        destination: createMemoryDestination(() => 2),
      },
      now: () => new Date(at),
      loadingElsewhere: async () => new Set(),
      isCancelled: async () => false,
      report: async () => undefined,
      ...(signal && { signal }),
    },
  );
}

/** What happens in place of the next creation of `tables.json`. */
function insteadOfTables(what: () => Promise<boolean>): void {
  const { create } = bucket;
  let left = 1;
  bucket.create = async (object) => {
    if (!object.name.endsWith('tables.json') || left === 0) return create(object);
    left -= 1;
    return what();
  };
}

const away = async (): Promise<never> => {
  throw new LoadError('STAGE_UNAVAILABLE', '503');
};

/**
 * Mask and time of the only table's LOAD.json, and whether it is of the decision that tables.json
 * holds.
 */
async function outcome(tables: Awaited<ReturnType<typeof decideRun>>) {
  const loadId = tables.tables[0]?.loadId ?? '';
  const found = await readObject(bucket, names.load(RUN, loadId), loadObjectSchema);
  const isOfRun = found?.value.decidedAt === tables.decidedAt;
  return { mask: found?.value.columns[0]?.mask ?? null, isOfRun };
}

describe('verify that is repeated', () => {
  it('leaves no LOAD.json of the rules before', async () => {
    insteadOfTables(away);
    await expect(decide({}, '2026-01-03T03:00:01.000Z')).rejects.toMatchObject({ code: 'STAGE_UNAVAILABLE' });
    const tables = await decide(MASKED, '2026-01-03T05:00:01.000Z');
    expect(await outcome(tables)).toEqual({ mask: { kind: 'nullify' }, isOfRun: true });
  });

  it('takes its own LOAD.json for its own, although the reply to its creation was lost', async () => {
    const { create } = bucket;
    bucket.create = async (object) => (await create(object)) && object.name.endsWith('tables.json');
    expect(await outcome(await decide(MASKED, '2026-01-03T03:00:01.000Z'))).toMatchObject({ isOfRun: true });
  });

  it('lets the LOAD.jsons be once another worker has decided', async () => {
    insteadOfTables(away);
    await decide(MASKED, '2026-01-03T03:00:01.000Z').catch(() => undefined);
    const left = await bucket.list('main/runs/');
    await decide(MASKED, '2026-01-03T03:00:02.000Z');
    // A worker that had not seen tables.json when it began.
    const { read } = bucket;
    let isBlind = true;
    bucket.read = async (name) => {
      if (!name.endsWith('tables.json') || !isBlind) return read(name);
      isBlind = false;
      return null;
    };
    const tables = await decide({}, '2026-01-03T05:00:01.000Z');
    expect(left).toHaveLength(1);
    expect(tables.decidedAt).toBe('2026-01-03T03:00:02.000Z');
    expect(await outcome(tables)).toEqual({ mask: { kind: 'nullify' }, isOfRun: true });
  });

  it('writes no tables.json for a worker that has lost the run', async () => {
    const lost = new AbortController();
    const { create } = bucket;
    bucket.create = async (object) => {
      lost.abort(new Error('lock lost'));
      return create(object);
    };
    await expect(decide({}, '2026-01-03T03:00:01.000Z', lost.signal)).rejects.toThrow('lock lost');
    expect(await bucket.exists(names.tables(RUN))).toBe(false);
  });
});
