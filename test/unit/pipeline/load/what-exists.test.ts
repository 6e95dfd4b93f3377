import { describe, expect, it } from 'vitest';
import type { LoadFacts } from '../../../../src/pipeline/load/load-facts.ts';
import { type NextStep, nextStep } from '../../../../src/pipeline/load/next-step.ts';
import type { Manifest } from '../../../../src/pipeline/objects/manifest.ts';
import type { PublishJob } from '../../../../src/pipeline/ports/destination.ts';
import { load } from '../../../support/load-set-up.ts';
import { specOf } from '../../../support/samples.ts';

// Every row of the table of docs/crash-safety.md ("Names before work"), by its name: what exists
// for the highest attempt, and what the load does. Those of Dataproc:
// what-exists-in-dataproc.test.ts.

const spec = specOf(load);
const job = (changes: Partial<PublishJob>): PublishJob => ({
  id: 'p',
  state: 'done',
  error: null,
  labels: {},
  kind: 'load',
  destination: load.destination,
  outputRows: 2,
  startedAt: null,
  endedAt: null,
  ...changes,
});
const facts = (changes: Partial<LoadFacts>): LoadFacts => ({
  attemptNumber: 1,
  attempt: { spec, specSha256: 'x' },
  publish: null,
  manifest: null,
  isStageWhole: false,
  ...changes,
});
const staged = { manifest: {} as Manifest, isStageWhole: true };
const published = (number: number, changes: Partial<PublishJob> = {}) => ({
  ...staged,
  publish: { number, job: job(changes), isBeside: false },
});
const transient = { error: { reason: 'backendError', message: 'x', isTransient: true } };
const terminal = { error: { reason: 'invalid', message: 'x', isTransient: false } };
const givesUp = (code: string) => ({ do: 'give-up-attempt', error: { code } });

describe('what exists for the highest attempt: in BigQuery and the bucket', () => {
  it.each<[string, Partial<LoadFacts>, number, object]>([
    ['a BigQuery job done without error: record it', published(1), 0, { do: 'record' }],
    ['the same, where another attempt was due', published(1), 2, { do: 'record' }],
    [
      'the same, and its stage is gone',
      { ...published(2), manifest: null, isStageWhole: false },
      0,
      { do: 'record' },
    ],
    [
      'a BigQuery job that waits: wait',
      published(1, { state: 'pending' }),
      0,
      { do: 'await-publish', publishNumber: 1 },
    ],
    [
      'a BigQuery job that runs: wait',
      published(2, { state: 'running' }),
      2,
      { do: 'await-publish', publishNumber: 2 },
    ],
    [
      'a BigQuery job failed, transient: next -p',
      published(1, transient),
      0,
      { do: 'publish', publishNumber: 2 },
    ],
    ['the same for the second: the third', published(2, transient), 0, { do: 'publish', publishNumber: 3 }],
    ['the same for the third: three at most', published(3, transient), 0, givesUp('PUBLISH_FAILED')],
    [
      'a BigQuery job failed, transient, and an object gone: attempt n + 1',
      { ...published(1, transient), isStageWhole: false },
      0,
      givesUp('STAGE_INCOMPLETE'),
    ],
    ['a BigQuery job failed, terminal: fail', published(1, terminal), 0, givesUp('PUBLISH_REJECTED')],
    ['manifest, all objects as listed: publish', staged, 0, { do: 'publish', publishNumber: 1 }],
    [
      'manifest, an object gone or altered: attempt n + 1',
      { ...staged, isStageWhole: false },
      0,
      givesUp('STAGE_INCOMPLETE'),
    ],
    ['spec, no manifest: its engine', {}, 0, { do: 'run-engine' }],
    [
      'the same, after a failure that was waited for: attempt n + 1',
      {},
      2,
      { do: 'new-attempt', attemptNumber: 2 },
    ],
    [
      'nothing: the first attempt',
      { attemptNumber: 0, attempt: null },
      0,
      { do: 'new-attempt', attemptNumber: 1 },
    ],
    [
      'nothing, though an attempt without a spec was used up',
      { attemptNumber: 0, attempt: null },
      3,
      { do: 'new-attempt', attemptNumber: 3 },
    ],
  ])('%s', (_, what, nextAttempt, step) => {
    expect(nextStep(facts(what), nextAttempt) satisfies NextStep).toMatchObject(step);
  });

  it.each<[string, Partial<LoadFacts>, number, object]>([
    ['no manifest: attempt n + 1', {}, 0, givesUp('READER_LOST')],
    ['no manifest, and told to go on', {}, 2, { do: 'new-attempt', attemptNumber: 2 }],
    ['a stage that is whole all the same: publish', staged, 0, { do: 'publish', publishNumber: 1 }],
  ])('a reader that is gone, %s', (_, what, nextAttempt, step) => {
    expect(nextStep(facts(what), nextAttempt, true)).toMatchObject(step);
  });
});
