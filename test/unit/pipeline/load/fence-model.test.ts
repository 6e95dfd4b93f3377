import { afterEach, describe, expect, it, vi } from 'vitest';
import type * as Rules from '../../../../src/pipeline/load/fence-rules.ts';
import type * as Next from '../../../../src/pipeline/load/next-step.ts';
import { bothReading, bothWhole, cancelled, oneWholeDirect } from '../../../support/fence-model/scenarios.ts';
import { search, type Variant } from '../../../support/fence-model/search.ts';
import type { World } from '../../../support/fence-model/world.ts';
import { PATIENCE_MS } from '../../../support/wait.ts';

/** Faulty variants of the fence's rules, for one test each. */
const faulty = vi.hoisted((): { rules: Partial<typeof Rules> } => ({ rules: {} }));
vi.mock('../../../../src/pipeline/load/fence-rules.ts', async (load) => {
  const real = await load<typeof Rules>();
  return {
    judge: (...given: Parameters<typeof Rules.judge>) => (faulty.rules.judge ?? real.judge)(...given),
    afterIntent: (...given: Parameters<typeof Rules.afterIntent>) =>
      (faulty.rules.afterIntent ?? real.afterIntent)(...given),
    asOfFor: (...given: Parameters<typeof Rules.asOfFor>) => (faulty.rules.asOfFor ?? real.asOfFor)(...given),
  };
});
vi.mock('../../../../src/pipeline/load/next-step.ts', async (load) => {
  const real = await load<typeof Next>();
  return {
    nextStep: (facts: Facts, ...more: [number, boolean?]) =>
      real.nextStep(isBlind ? asIfOurs(facts) : facts, ...more),
  };
});
let isBlind = false;
type Facts = Parameters<typeof Next.nextStep>[0];
const asIfOurs = (facts: Facts): Facts =>
  facts.publish
    ? { ...facts, publish: { ...facts.publish, job: { ...facts.publish.job, kind: 'load' } } }
    : facts;

afterEach(() => {
  faulty.rules = {};
  isBlind = false;
});

describe('in every order of steps', () => {
  it.each<[string, () => World]>([
    ['two loads whose stages are whole', () => bothWhole()],
    [
      'a load that a person cancels, an insert that is lost or late, a worker that dies',
      () => cancelled({ lost: 1, crashes: 1 }),
    ],
    ['two loads that workers read, of which one dies', () => oneWholeDirect({ crashes: 1 })],
  ])(
    'no older stage wins, nothing stays stuck: %s',
    async (_, start) => {
      const { states, counterexample } = await search(start());
      expect(counterexample).toBeNull();
      expect(states).toBeGreaterThan(1_000);
    },
    PATIENCE_MS,
  );
});

describe('without one check the search finds a way', () => {
  const rule = (rules: Partial<typeof Rules>) => () => {
    faulty.rules = rules;
  };
  const port = (change: Variant): Variant => change;
  it.each<[string, () => World, { before?: () => void; variant?: Variant }]>([
    [
      'whether newer rows are published',
      () => bothWhole(),
      { before: rule({ judge: () => ({ is: 'free' }) }) },
    ],
    [
      'whether the other may have read later',
      () => bothReading(),
      {
        before: rule({
          judge: ({ published }, { ticket }) =>
            published && ticket < published.ticket ? { is: 'superseded', by: published } : { is: 'free' },
        }),
      },
    ],
    ['as of which ticket the rows were whole', () => bothReading(), { before: rule({ asOfFor: () => 0 }) }],
    [
      'what the intent of somebody else has written',
      () => bothWhole(),
      { before: rule({ afterIntent: (state) => ({ ...state, intent: null }) }) },
    ],
    [
      'that an unknown id is used up',
      () => bothWhole({ lost: 1 }),
      {
        variant: port((ports) => ({
          ...ports,
          destination: { ...ports.destination, burn: async (id) => nothingUnder(id) },
        })),
      },
    ],
    [
      'that a running job is waited for',
      () => bothWhole(),
      {
        variant: port((ports, step) => ({
          ...ports,
          destination: {
            ...ports.destination,
            getPublish: async (id) =>
              step === 'claim' ? nothingUnder(id) : ports.destination.getPublish(id),
          },
        })),
      },
    ],
    [
      "the state's generation",
      () => bothWhole(),
      {
        variant: port((ports) => ({
          ...ports,
          bucket: {
            ...ports.bucket,
            replace: async (object) => {
              const now = await ports.bucket.read(object.name);
              return ports.bucket.replace({ ...object, generation: now?.generation ?? '' });
            },
          },
        })),
      },
    ],
    [
      'whether the load is cancelled',
      () => cancelled(),
      {
        variant: port((ports, step) => ({
          ...ports,
          bucket: {
            ...ports.bucket,
            read: async (name) =>
              step === 'claim' && name.includes('cancelled') ? null : ports.bucket.read(name),
          },
        })),
      },
    ],
    [
      'that a cancel uses the id up',
      () => cancelled(),
      {
        variant: port((ports, step) => ({
          ...ports,
          destination: {
            ...ports.destination,
            burn: async (id) => (step === 'cancel' ? nothingUnder(id) : ports.destination.burn(id)),
          },
        })),
      },
    ],
    [
      'that a cancel changes the state',
      () => cancelled(),
      {
        variant: port((ports, step) => ({
          ...ports,
          bucket: {
            ...ports.bucket,
            replace: async (object) => (step === 'cancel' ? true : ports.bucket.replace(object)),
          },
        })),
      },
    ],
    [
      'whose job it is that has the id',
      () => bothWhole(),
      {
        before: () => {
          isBlind = true;
        },
      },
    ],
  ])(
    '%s',
    async (_, start, { before, variant }) => {
      before?.();
      const { states, counterexample } = await search(start(), variant);
      console.info([`${states} states`, ...(counterexample ?? [])].join('\n'));
      expect(counterexample?.at(-1)).toMatch(/^BROKEN: /);
    },
    PATIENCE_MS,
  );
});

const nothingUnder = (id: string) => ({
  ...{ id, state: 'done' as const, kind: 'burnt' as const, error: null, labels: {}, destination: null },
  ...{ outputRows: null, startedAt: null, endedAt: null },
});
