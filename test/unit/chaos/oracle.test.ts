import { describe, expect, it } from 'vitest';
import { type Facts, type HistoryFact, type Rule, violations } from '../../support/chaos/oracle.ts';
import { rowsOfState } from '../../support/chaos/states.ts';

const SECOND = 1_000;
/** State n of table `a` is there from second 100 × n on. */
const commits = [0, 1, 2].map((state) => {
  const atMs = 100 * state * SECOND;
  return { table: 'a', state, begunMs: atMs - 5, doneMs: atMs };
});

const row = (runId: string, changes: Partial<HistoryFact> = {}): HistoryFact => ({
  ...{
    runId,
    table: 'a',
    status: 'loaded',
    reason: 'changed_update_time',
    code: null,
    consistency: 'snapshot',
  },
  ...{ decidedAtMs: 110 * SECOND, publish: `${runId}-a1-p1`, updateTimeS: 100 },
  ...changes,
});

/** Two runs, one after the other: the first loaded state 1 of table `a`, the second state 2. */
const good = (): Facts => ({
  runs: [
    { runId: 'r1', isEnded: true },
    { runId: 'r2', isEnded: true },
  ],
  decided: ['r1', 'r2'].map((runId) => ({ runId, table: 'a', isLoad: true, decidedAtMs: 110 * SECOND })),
  history: [row('r1'), row('r2', { decidedAtMs: 210 * SECOND, updateTimeS: 200 })],
  jobs: ['r1', 'r2'].map((loadId) => ({ id: `${loadId}-a1`, loadId, attemptId: 'a1' })),
  reads: [1, 2].map((state) => ({
    ...{ attemptId: `r${state}-a1`, table: 'a', state, wrong: null },
    ...{ rows: rowsOfState('a', state).length, isManifest: true },
  })),
  publishes: [1, 2].map((state) => ({
    ...{ id: `r${state}-a1-p1`, attemptId: `r${state}-a1`, table: 'a' },
    endedAtMs: (20 + 100 * state) * SECOND,
  })),
  commits,
  destinations: [{ table: 'a', rows: rowsOfState('a', 2) }],
  staged: [],
  secrets: [],
});

const PLANTS: [what: string, rule: Rule, plant: (facts: Facts) => void][] = [
  ['a run that never ended', 'unended', ({ runs }) => runs.push({ runId: 'r3', isEnded: false })],
  [
    'a second Dataproc job of one attempt',
    'submitted',
    ({ jobs }) => jobs.push({ id: 'another', loadId: 'r1', attemptId: 'a1' }),
  ],
  [
    'an attempt after one whose stage was whole',
    'submitted',
    ({ jobs }) => jobs.push({ id: 'main-r1-a2', loadId: 'r1', attemptId: 'a2' }),
  ],
  [
    'an attempt that was read twice',
    'submitted',
    (facts) => Object.assign(facts, { reads: [...facts.reads, { ...facts.reads[0], isManifest: false }] }),
  ],
  ['no row of history', 'terminal', ({ history }) => history.pop()],
  [
    'a second row of history',
    'terminal',
    ({ history }) => history.push(row('r1', { status: 'failed', code: 'X' })),
  ],
  ['a row of history that nobody decided about', 'terminal', ({ history }) => history.push(row('r9'))],
  [
    'a row that names a publish that never was',
    'terminal',
    ({ history }) => Object.assign(history[1] ?? {}, { publish: 'another' }),
  ],
  [
    'a load that failed',
    'failed',
    ({ history }) => Object.assign(history[1] ?? {}, { status: 'failed', code: 'X' }),
  ],
  ['a lost row', 'rows', ({ destinations }) => destinations[0]?.rows.pop()],
  ['a doubled row', 'rows', ({ destinations: [a] }) => a?.rows.push(...a.rows.slice(0, 1))],
  [
    'a row of an older state',
    'rows',
    ({ destinations: [a] }) => a?.rows.splice(0, 1, ...rowsOfState('a', 1).slice(0, 1)),
  ],
  [
    'rows of another state than was published',
    'rows',
    ({ destinations: [a] }) => Object.assign(a ?? {}, { rows: rowsOfState('a', 1) }),
  ],
  ['an empty destination', 'rows', ({ destinations: [a] }) => Object.assign(a ?? {}, { rows: [] })],
  ['a stale publish', 'stale', ({ publishes }) => publishes.reverse()],
  [
    'a state older than the decision',
    'decided',
    ({ history }) => Object.assign(history[0] ?? {}, { decidedAtMs: 205 * SECOND }),
  ],
  [
    'a table skipped as unchanged whose last state is nowhere',
    'skipped',
    (facts) => {
      facts.decided.push({ runId: 'r3', table: 'a', isLoad: false, decidedAtMs: 310 * SECOND });
      facts.history.push(row('r3', { status: 'skipped', reason: 'unchanged', decidedAtMs: 310 * SECOND }));
      Object.assign(facts, {
        commits: [...commits, { table: 'a', state: 3, begunMs: 0, doneMs: 300 * SECOND }],
      });
    },
  ],
  [
    'a signature newer than the rows',
    'signature',
    ({ history }) => Object.assign(history[0] ?? {}, { updateTimeS: 200 }),
  ],
  [
    'a stage of a load that succeeded',
    'staged',
    ({ staged }) => staged.push({ attemptId: 'r1-a1', object: 'part-0' }),
  ],
  ['a secret', 'secret', ({ secrets }) => secrets.push('the key x of Redis')],
];

describe('the oracle', () => {
  it('finds nothing where nothing is wrong', () => {
    expect(violations(good())).toEqual([]);
  });

  it.each(PLANTS)('sees %s', (_, rule, plant) => {
    const facts = good();
    plant(facts);
    expect(violations(facts).map((found) => found.rule)).toContain(rule);
  });

  it('says what and where', () => {
    const facts = good();
    facts.destinations[0]?.rows.pop();
    const { length } = rowsOfState('a', 2);
    expect(violations(facts)).toEqual([
      {
        rule: 'rows',
        what: `a has ${length - 1} rows of state 2, which has ${length}: 1 lost, 0 doubled, 0 of nobody`,
      },
    ]);
  });

  it('leaves alone a load that is skipped as superseded, and a fuzzy one that read what it could', () => {
    const facts = good();
    Object.assign(facts.history[0] ?? {}, { status: 'superseded', publish: null });
    Object.assign(facts.history[1] ?? {}, { consistency: 'fuzzy', decidedAtMs: 900 * SECOND });
    expect(violations(facts)).toEqual([]);
  });
});
