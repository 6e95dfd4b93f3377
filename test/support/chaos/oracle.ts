import type { Read } from './fast-spark.ts';
import { type StateRow, stateOfRows } from './states.ts';
import type { Commit } from './writer.ts';

/**
 * What became of an installation, told by everything but the product: times are milliseconds since
 * 1970.
 */
export interface Facts {
  /** Runs that were asked for or added, and whether they have a summary. */
  runs: { runId: string; isEnded: boolean }[];
  /** Every table of every `tables.json`. */
  decided: { runId: string; table: string; isLoad: boolean; decidedAtMs: number }[];
  history: HistoryFact[];
  /** Every Dataproc job of the installation. */
  jobs: { id: string; loadId: string; attemptId: string }[];
  reads: readonly Read[];
  /** Every BigQuery load job of the installation that ended well, in the order of their ends. */
  publishes: { id: string; attemptId: string; table: string; endedAtMs: number }[];
  commits: readonly Commit[];
  destinations: { table: string; rows: StateRow[] }[];
  /** Data objects that are still there. */
  staged: { attemptId: string; object: string }[];
  /** Places where a secret was found. */
  secrets: string[];
}

export interface HistoryFact {
  runId: string;
  table: string;
  status: string;
  reason: string;
  code: string | null;
  consistency: string | null;
  decidedAtMs: number;
  publish: string | null;
  /**
   * UPDATE_TIME of the stored signature, as a time in seconds; null where it says nothing known.
   */
  updateTimeS: number | null;
}

/** What must never be. */
export interface Violation {
  rule: Rule;
  what: string;
}

export const RULES = {
  unended: 'every run ends with a summary',
  submitted:
    'one Dataproc job per table and attempt, which reads once, and no attempt after one that left a whole stage',
  terminal: 'one terminal history row per run and table, and no other rows',
  failed: 'no load fails while only workers die',
  rows: 'a destination holds the rows of one state of its source: the one that was published last',
  stale: 'no earlier state is published over a later one',
  decided: 'a load publishes no state older than its decision',
  skipped: 'what is skipped as unchanged is published already',
  signature: 'a stored signature is not newer than the rows',
  staged: 'no stage is left of a load that succeeded',
  secret: 'no secret anywhere',
} as const;
export type Rule = keyof typeof RULES;

/**
 * Verify looks at the source a moment after it has begun; a publish of another run may end
 * meanwhile.
 */
const VERIFY_TAKES_MS = 60_000;

export interface OracleOptions {
  /** Faults other than dying workers were made: then a load may fail, and says so. */
  mayFail?: boolean;
}

/**
 * Everything that is wrong; empty where nothing was lost, doubled or stale. A function of the facts
 * alone.
 */
export function violations(facts: Facts, { mayFail = false }: OracleOptions = {}): Violation[] {
  const found = [
    ...facts.runs
      .filter(({ isEnded }) => !isEnded)
      .map(({ runId }) => wrong('unended', `${runId} has no summary`)),
    ...doubleSubmissions(facts),
    ...terminalRows(facts),
    ...destinations(facts),
    ...stalePublishes(facts),
    ...facts.history.flatMap((row) => historyRow(row, facts)),
    ...leftStages(facts),
    ...facts.secrets.map((where) => wrong('secret', where)),
  ];
  return mayFail ? found.filter(({ rule }) => rule !== 'failed') : found;
}

const wrong = (rule: Rule, what: string): Violation => ({ rule, what });

function doubleSubmissions({ jobs, reads }: Facts): Violation[] {
  const byAttempt = Map.groupBy(jobs, ({ loadId, attemptId }) => `${loadId}-${attemptId}`);
  const readTwice = Map.groupBy(reads, ({ attemptId }) => attemptId);
  return [
    ...needlessAttempts(jobs, reads).map((id) => wrong('submitted', `${id} was needed by nobody`)),
    ...[...byAttempt].flatMap(([attempt, some]) =>
      some.length > 1
        ? [wrong('submitted', `${attempt} has the jobs ${some.map(({ id }) => id).join(', ')}`)]
        : [],
    ),
    ...[...readTwice].flatMap(([attempt, some]) =>
      some.length > 1 ? [wrong('submitted', `${attempt} was read ${some.length} times`)] : [],
    ),
  ];
}

/** Jobs of an attempt whose forerunner had left a whole stage. */
function needlessAttempts(jobs: Facts['jobs'], reads: Facts['reads']): string[] {
  const whole = new Set(reads.filter(({ isManifest }) => isManifest).map(({ attemptId }) => attemptId));
  return jobs.flatMap(({ id, attemptId }) => {
    const number = Number(attemptId.slice(1));
    const before = `${id.replace(/-a\d+$/, '')}-a${number - 1}`;
    return [...whole].some((one) => before.endsWith(one)) ? [id] : [];
  });
}

function terminalRows({ decided, history }: Facts): Violation[] {
  const key = ({ runId, table }: { runId: string; table: string }) => `${runId} ${table}`;
  const rows = Map.groupBy(history, key);
  const wanted = new Set(decided.map(key));
  return [
    ...[...wanted].flatMap((one) => {
      const count = rows.get(one)?.length ?? 0;
      return count === 1 ? [] : [wrong('terminal', `${one} has ${count} rows of history`)];
    }),
    ...[...rows.keys()]
      .filter((one) => !wanted.has(one))
      .map((one) => wrong('terminal', `nobody decided about ${one}`)),
  ];
}

function destinations(facts: Facts): Violation[] {
  const torn = facts.reads.flatMap(({ wrong: what }) =>
    what === null ? [] : [wrong('rows', `a stage: ${what}`)],
  );
  return [
    ...torn,
    ...facts.destinations.flatMap(({ table, rows }) => {
      const last = facts.publishes.filter((publish) => publish.table === table).at(-1);
      if (!last) return rows.length > 0 ? [wrong('rows', `${table} has rows that nobody published`)] : [];
      const { state, wrong: what } = stateOfRows(table, rows);
      if (what !== null) return [wrong('rows', what)];
      const published = stateOf(last.attemptId, facts);
      if (state === published) return [];
      return [wrong('rows', `${table} holds state ${state}, ${last.id} published state ${published}`)];
    }),
  ];
}

/** The state of the rows that an attempt has staged; null where nobody knows. */
function stateOf(attemptId: string, { reads }: Facts): number | null {
  return reads.find((read) => read.attemptId === attemptId && read.isManifest)?.state ?? null;
}

function stalePublishes(facts: Facts): Violation[] {
  const found: Violation[] = [];
  const newest = new Map<string, { state: number; id: string }>();
  for (const { id, attemptId, table } of facts.publishes) {
    const state = stateOf(attemptId, facts);
    if (state === null) continue;
    const before = newest.get(table);
    if (before && state < before.state)
      found.push(
        wrong(
          'stale',
          `${id} published state ${state} of ${table} over state ${before.state} of ${before.id}`,
        ),
      );
    else newest.set(table, { state, id });
  }
  return found;
}

/** The state that everybody saw at a time. */
function stateAt(table: string, atMs: number, commits: readonly Commit[]): number {
  return commits.reduce(
    (state, commit) =>
      commit.table === table && commit.doneMs <= atMs ? Math.max(state, commit.state) : state,
    -1,
  );
}

function historyRow(row: HistoryFact, facts: Facts): Violation[] {
  const { runId, table, status } = row;
  const label = `${runId} ${table}`;
  if (status === 'failed') return [wrong('failed', `${label}: ${row.code}`)];
  const atDecision = stateAt(table, row.decidedAtMs, facts.commits);
  if (status === 'skipped' && row.reason === 'unchanged') return skippedRow(row, atDecision, facts);
  if (status !== 'loaded') return [];
  const publish = facts.publishes.find(({ id }) => id === row.publish);
  if (!publish) return [wrong('terminal', `${label} says loaded, and ${row.publish} is no publish`)];
  const state = stateOf(publish.attemptId, facts);
  if (state === null) return [];
  const found: Violation[] = [];
  if (row.consistency !== 'fuzzy' && state < atDecision)
    found.push(
      wrong(
        'decided',
        `${label} published state ${state}; state ${atDecision} was there when it was decided`,
      ),
    );
  const done = facts.commits.find((commit) => commit.table === table && commit.state === state);
  if (done && row.updateTimeS !== null && row.updateTimeS > Math.floor(done.doneMs / 1_000))
    found.push(
      wrong(
        'signature',
        `${label} published state ${state} of ${seconds(done.doneMs)}, its signature is of ${row.updateTimeS}`,
      ),
    );
  return found;
}

const seconds = (ms: number) => (ms / 1_000).toFixed(3);

function skippedRow(
  { runId, table, decidedAtMs }: HistoryFact,
  atDecision: number,
  facts: Facts,
): Violation[] {
  const published = facts.publishes
    .filter((one) => one.table === table && one.endedAtMs <= decidedAtMs + VERIFY_TAKES_MS)
    .map(({ attemptId }) => stateOf(attemptId, facts) ?? -1);
  const newest = Math.max(-1, ...published);
  if (newest >= atDecision) return [];
  return [
    wrong(
      'skipped',
      `${runId} ${table} was unchanged in state ${atDecision}; state ${newest} is what was published`,
    ),
  ];
}

function leftStages({ staged, history, publishes }: Facts): Violation[] {
  const published = new Map(publishes.map(({ id, attemptId }) => [id, attemptId]));
  const loaded = new Set(
    history.flatMap(({ status, publish }) =>
      status === 'loaded' && publish ? [published.get(publish) ?? ''] : [],
    ),
  );
  return staged
    .filter(({ attemptId }) => loaded.has(attemptId))
    .map(({ attemptId, object }) =>
      wrong('staged', `${attemptId} was published, and ${object} is still there`),
    );
}
