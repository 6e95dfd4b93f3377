import { median } from '../processes.ts';
import { bestOf, type Result, type Results } from './results.ts';

/** A Markdown table of the results, with the machine above it. */
export function reportOf({ day, job, machine, server, results }: Results): string {
  const [ours] = results;
  if (!ours) throw new Error('There are no results.');
  const unit = ours.tables > 1 ? 'tables/s' : 'rows/s';
  const head = [
    ...['tool', 'version', 'writes', 'rows', `${unit}, best`, 'Adutora against it: best', 'median of pairs'],
    ...['CPU-s a million rows', 'Adutora needs', 'peak MB', 'MB written', 'CPU-s of MySQL'],
  ];
  const lines = [head, head.map(() => '---'), ...results.map((result) => cells(result, ours))];
  return [
    `${job}, ${day}: ${machine}; ${server}; turns: ${ours.turns.length}.`,
    '',
    ...lines.map((line) => `| ${line.join(' | ')} |`),
    '',
  ].join('\n');
}

function cells(result: Result, ours: Result): string[] {
  const best = bestOf(result);
  const own = bestOf(ours);
  const isOurs = result === ours;
  const rate = result.tables > 1 ? best.tablesPerSecond.toFixed(1) : thousands(best.rowsPerSecond);
  return [
    ...[result.title, result.version, result.format, result.rows.toLocaleString('en-US'), rate],
    isOurs ? '' : times(own.rowsPerSecond / best.rowsPerSecond),
    isOurs ? '' : times(medianOfPairs(result, ours)),
    best.cpuSecondsPerMillion.toFixed(2),
    isOurs ? '' : `${Math.round((own.cpuSecondsPerMillion / best.cpuSecondsPerMillion) * 100)} %`,
    megabytes(best.peakBytes),
    megabytes(result.bytes),
    best.serverCpuSeconds.toFixed(2),
  ];
}

/** Of each turn, how many times as many rows a second are ours. */
function medianOfPairs(result: Result, ours: Result): number {
  const rateOf = ({ rows, turns }: Result, turn: number) => rows / (turns[turn]?.seconds ?? Number.NaN);
  return median(result.turns.map((_, turn) => rateOf(ours, turn) / rateOf(result, turn)));
}

export function thousands(value: number): string {
  return value < 10_000 ? `${(value / 1_000).toFixed(1)} k` : `${Math.round(value / 1_000)} k`;
}

const times = (factor: number) => `${factor < 10 ? factor.toFixed(1) : Math.round(factor)} ×`;
const megabytes = (bytes: number) => Math.round(bytes / 1e6).toLocaleString('en-US');
