import { recoveries } from './fleet.ts';
import { type Facts, type Violation, violations } from './oracle.ts';
import type { Storm } from './storm-faults.ts';

export interface StormReport {
  seed: number;
  seconds: number;
  kills: number;
  pauses: number;
  redisKills: number;
  networkFaults: number;
  serviceFaults: number;
  runs: number;
  loads: { needed: number; loaded: number; superseded: number; failed: number };
  /** Dataproc jobs. */
  submitted: number;
  statesWritten: number;
  rowsCompared: number;
  /** From the death of a worker to the next step of its load elsewhere. */
  recovery: { count: number; medianMs: number | null; worstMs: number | null };
  violations: Violation[];
}

/** Figures and violations of a storm that is over. */
export function makeReport({ plan, done, place }: Storm, facts: Facts, startedMs: number): StormReport {
  const { fleet } = place;
  const times = recoveries(fleet).sort((one, other) => one - other);
  const count = (status: string) => facts.history.filter((row) => row.status === status).length;
  return {
    seed: plan.seed,
    seconds: Math.round((Date.now() - startedMs) / 1_000),
    kills: fleet.kills.length,
    pauses: done.pause,
    redisKills: done.redis,
    networkFaults: done.network,
    serviceFaults: done.service,
    runs: facts.runs.length,
    loads: {
      needed: facts.decided.filter(({ isLoad }) => isLoad).length,
      loaded: count('loaded'),
      superseded: count('superseded'),
      failed: count('failed'),
    },
    submitted: facts.jobs.length,
    statesWritten: facts.commits.length,
    rowsCompared:
      sum(facts.reads.map(({ rows }) => rows)) + sum(facts.destinations.map(({ rows }) => rows.length)),
    recovery: {
      count: times.length,
      medianMs: times[Math.floor(times.length / 2)] ?? null,
      worstMs: times.at(-1) ?? null,
    },
    violations: violations(facts),
  };
}

export const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

/** The report for people. */
export function reportText(told: StormReport): string {
  const { loads, recovery } = told;
  const seconds = (ms: number | null) => (ms === null ? 'none' : `${(ms / 1_000).toFixed(1)} s`);
  const lines = [
    `seed                ${told.seed}`,
    `took                ${told.seconds} s`,
    `workers killed      ${told.kills}`,
    `workers paused      ${told.pauses} until others had their loads`,
    `Redis killed        ${told.redisKills}`,
    `links disturbed     ${told.networkFaults}`,
    `calls disturbed     ${told.serviceFaults}`,
    `runs                ${told.runs}`,
    `loads               ${loads.needed} needed: ${loads.loaded} loaded, ${loads.superseded} superseded, ${loads.failed} failed`,
    `Dataproc jobs       ${told.submitted} submitted, ${loads.needed} needed`,
    `states written      ${told.statesWritten}`,
    `rows compared       ${told.rowsCompared}`,
    `time to recover     median ${seconds(recovery.medianMs)}, worst ${seconds(recovery.worstMs)} (${recovery.count} loads of dead workers)`,
    `violations          ${told.violations.length}`,
  ];
  return [...lines, ...told.violations.map(({ rule, what }) => `  ${rule}: ${what}`)].join('\n');
}
