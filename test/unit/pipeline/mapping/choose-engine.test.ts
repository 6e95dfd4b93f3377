import { describe, expect, it } from 'vitest';
import { chooseEngine, type EngineWish } from '../../../../src/pipeline/mapping/choose-engine.ts';

const LIMIT = 1_000;

describe('the engine of a table', () => {
  it.each<[EngineWish, EngineWish | undefined, number | null, string]>([
    ['dataproc', undefined, 1, 'dataproc, setting'],
    ['direct', undefined, 10 * LIMIT, 'direct, setting'],
    ['direct', undefined, null, 'direct, setting'],
    ['auto', undefined, 0, 'direct, small'],
    ['auto', undefined, LIMIT, 'direct, small'],
    ['auto', undefined, LIMIT + 1, 'dataproc, large'],
    ['auto', undefined, null, 'dataproc, size_unknown'],
    ['auto', 'dataproc', 1, 'dataproc, rule'],
    ['dataproc', 'direct', null, 'direct, rule'],
    ['dataproc', 'auto', 1, 'direct, small'],
    ['direct', 'auto', LIMIT + 1, 'dataproc, large'],
    ['direct', 'auto', null, 'dataproc, size_unknown'],
  ])('by INGEST_ENGINE=%s, rule %s, of %s bytes: %s', (engine, rule, bytesEstimate, expected) => {
    const choice = chooseEngine({ bytesEstimate }, rule, { engine, directMaxBytes: LIMIT });
    expect(`${choice.engine}, ${choice.engineReason}`).toBe(expected);
  });
});
