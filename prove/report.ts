import type { Outcome, Status } from './run.ts';
import type { Target } from './target.ts';

/** A run from its first assertion to its last. */
export interface Report {
  target: string;
  isLocal: boolean;
  startedAt: string;
  tookMs: number;
  counts: Record<Status, number>;
  outcomes: readonly Outcome[];
  /** What could not be removed. */
  leftBehind: readonly string[];
}

const STATUSES: readonly Status[] = ['proven', 'failed', 'needs Google', 'left out'];

export function makeReport(input: {
  target: Target;
  startedAt: Date;
  outcomes: readonly Outcome[];
  leftBehind: readonly string[];
}): Report {
  const { target, startedAt, outcomes, leftBehind } = input;
  const count = (status: Status) => outcomes.filter((outcome) => outcome.status === status).length;
  const cluster = target.dataproc ? `, cluster ${target.dataproc.cluster} (${target.dataproc.region})` : '';
  const place = `project ${target.project}, ${target.location}, bucket ${target.bucket}${cluster}`;
  return {
    target: target.standIns ? `the local stack (${place})` : place,
    isLocal: target.standIns !== null,
    startedAt: startedAt.toISOString(),
    tookMs: Date.now() - startedAt.getTime(),
    counts: Object.fromEntries(STATUSES.map((status) => [status, count(status)])) as Record<Status, number>,
    outcomes,
    leftBehind,
  };
}

/** One line for the terminal. */
export function outcomeLine({ id, status, title, fact }: Outcome): string {
  return `${String(id).padStart(3)} ${status.padEnd(12)} ${title}${fact ? `: ${fact}` : ''}`;
}

export function countsLine({ counts }: Report): string {
  return STATUSES.map((status) => `${counts[status]} ${status}`).join(', ');
}

/**
 * The report for people: every assertion, then every point of docs/unproven.md with what is known
 * of it now.
 */
export function toMarkdown(report: Report): string {
  const { outcomes } = report;
  const numbers = [...new Set(outcomes.flatMap(({ unproven }) => unproven))].sort((a, b) => a - b);
  return [
    `# What was proved on ${report.startedAt.slice(0, 10)}`,
    '',
    `Target: ${report.target}. ${countsLine(report)}, in ${Math.round(report.tookMs / 1_000)} s.`,
    ...(report.isLocal
      ? ['', 'The target is a set of stand-ins: "proven" says what they do, not what Google does.']
      : []),
    ...report.leftBehind.map((problem) => `\nLeft behind: ${problem}`),
    '',
    '| | assertion | status | observed | unproven |',
    '|--:|---|---|---|---|',
    ...outcomes.map(
      ({ id, title, status, fact, unproven }) =>
        `| ${id} | ${cell(title)} | ${status} | ${cell(fact)} | ${unproven.join(', ')} |`,
    ),
    '',
    '## By point of docs/unproven.md',
    '',
    ...numbers.map(
      (number) => `${number}. ${verdict(outcomes.filter(({ unproven }) => unproven.includes(number)))}`,
    ),
    '',
  ].join('\n');
}

function verdict(outcomes: readonly Outcome[]): string {
  const ids = (status: Status) => outcomes.filter((one) => one.status === status).map(({ id }) => id);
  return STATUSES.filter((status) => ids(status).length > 0)
    .map((status) => `${status}: ${ids(status).join(', ')}`)
    .join('; ');
}

const MAX_CELL = 300;

function cell(text: string): string {
  return text.slice(0, MAX_CELL).replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
}
