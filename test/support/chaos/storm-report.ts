import { recoveries } from './fleet.ts';
import { type Facts, type Violation, violations } from './oracle.ts';
import type { Storm } from './storm-faults.ts';

interface Recovery {
  count: number;
  medianMs: number | null;
  worstMs: number | null;
}

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
  /** Readings that came to no stage, by a fault between them and MySQL or Cloud Storage. */
  failedReads: number;
  statesWritten: number;
  rowsCompared: number;
  /**
   * From the death of a worker to the next step of its load elsewhere: while Redis and the links
   * were well, and otherwise.
   */
  recovery: Recovery;
  recoveryDisturbed: Recovery;
  violations: Violation[];
}

/** Figures and violations of a storm that is over. */
export function makeReport(
  { plan, done, place, disturbances }: Storm,
  facts: Facts,
  startedMs: number,
): StormReport {
  const { fleet } = place;
  const times = recoveries(fleet);
  const isDisturbed = ({ diedAtMs, tookMs }: (typeof times)[number]) =>
    disturbances.some(({ fromMs, toMs }) => fromMs <= diedAtMs + tookMs && toMs >= diedAtMs);
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
    failedReads: facts.reads.filter(({ isManifest }) => !isManifest).length,
    statesWritten: facts.commits.length,
    rowsCompared:
      sum(facts.reads.map(({ rows }) => rows)) + sum(facts.destinations.map(({ rows }) => rows.length)),
    recovery: recoveryOf(times.filter((one) => !isDisturbed(one))),
    recoveryDisturbed: recoveryOf(times.filter(isDisturbed)),
    violations: violations(facts),
  };
}

function recoveryOf(times: readonly { tookMs: number }[]): Recovery {
  const sorted = times.map(({ tookMs }) => tookMs).sort((one, other) => one - other);
  return {
    count: sorted.length,
    medianMs: sorted[Math.floor(sorted.length / 2)] ?? null,
    worstMs: sorted.at(-1) ?? null,
  };
}

export const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

/** The report for people. */
export function reportText(told: StormReport): string {
  const { loads, recovery, recoveryDisturbed } = told;
  const seconds = (ms: number | null) => (ms === null ? 'none' : `${(ms / 1_000).toFixed(1)} s`);
  const shown = ({ count, medianMs, worstMs }: Recovery) =>
    `median ${seconds(medianMs)}, worst ${seconds(worstMs)} (${count} loads of dead workers)`;
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
    `Dataproc jobs       ${told.submitted} submitted: ${loads.needed} needed, ${told.failedReads} more after reads that the faults made fail`,
    `states written      ${told.statesWritten}`,
    `rows compared       ${told.rowsCompared}`,
    `time to recover     ${shown(recovery)}`,
    `  while disturbed   ${shown(recoveryDisturbed)}`,
    `violations          ${told.violations.length}`,
  ];
  return [...lines, ...told.violations.map(({ rule, what }) => `  ${rule}: ${what}`)].join('\n');
}
