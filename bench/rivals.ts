import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { readArguments } from '../local/arguments.ts';
import { StackError } from '../local/component.ts';
import { adutora } from './rivals/adutora.ts';
import { airflow } from './rivals/airflow.ts';
import { chartOf } from './rivals/chart.ts';
import { dlt } from './rivals/dlt.ts';
import { ingestr } from './rivals/ingestr.ts';
import { JOBS, SIZES } from './rivals/jobs.ts';
import { reportOf } from './rivals/report.ts';
import type { Results } from './rivals/results.ts';
import type { Rival } from './rivals/rival.ts';
import { rivet } from './rivals/rivet.ts';
import { sling } from './rivals/sling.ts';
import { type Contestant, takeTurns } from './rivals/turns.ts';
import { RIVALS_DIR } from './rivals/wheels.ts';

const RIVALS: readonly Rival[] = [adutora, rivet, ingestr, dlt, sling, airflow];
const USAGE = `Usage: npm run bench -- rivals [TABLES] [--size N] [--turns N] [--only NAME,…] [--results FOLDER]

The direct engine's reading beside tools that read MySQL into files, all from one MySQL on this machine.
TABLES: lineitem (17 columns; the default), wide (TEXT, JSON, BLOB), small (200 tables of 100 to 5,000 rows).
They take turns (5), after one that does not count; what each has written is read again: every row must have arrived.

  --size N          rows (lineitem 1000000, wide 200000), or how many small tables (200); of more than 300,000 rows a
                    slow tool reads the first 300,000
  --turns N         how often (5)
  --only NAME,…     beside Adutora: ${RIVALS.slice(1)
    .map(({ name }) => name)
    .join(', ')}; or one format of one: rivet.csv
  --results FOLDER  where TABLES.json, TABLES.md and the charts go (.local/bench/results)`;

const { values, positionals } = readArguments(
  USAGE,
  {
    size: { type: 'string' },
    turns: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    results: { type: 'string', default: join(RIVALS_DIR, 'results') },
  },
  1,
);
const say = (line: string) => process.stderr.write(`${line}\n`);
const [word = 'lineitem'] = positionals;
const job = JOBS.find((name) => name === word) ?? refuse(`There are no tables ${JSON.stringify(word)}.`);
const size = values.size === undefined ? SIZES[job] : numberOf('size');
const turns = numberOf('turns');
const contestants = await install(chosen());
const { server, results } = await takeTurns(contestants, { job, size, turns, say });
await keep({
  ...{ day: new Date().toISOString().slice(0, 10), job, machine: machine(), server, results },
});

function refuse(message: string): never {
  process.stderr.write(`${message}\n${USAGE}\n`);
  process.exit(2);
}

function numberOf(option: 'size' | 'turns'): number {
  const value = Number(values[option]);
  return Number.isInteger(value) && value > 0
    ? value
    : refuse(`--${option} ${JSON.stringify(values[option])} is no number.`);
}

/** Adutora first: the others are judged by it. */
function chosen(): Contestant[] {
  const all = RIVALS.flatMap((rival) => rival.formats.map((format) => ({ rival, format })));
  const names = values.only.split(',').filter(Boolean);
  const isNamed = ({ rival, format }: Contestant, name: string) =>
    name === rival.name || name === `${rival.name}.${format}`;
  const unknown = names.find((name) => !all.some((contestant) => isNamed(contestant, name)));
  if (unknown !== undefined) refuse(`There is no tool ${JSON.stringify(unknown)}.`);
  return all.filter(
    (contestant) =>
      contestant.rival === adutora || names.length === 0 || names.some((name) => isNamed(contestant, name)),
  );
}

/** Those that can be had; of the others it says what is missing. */
async function install(wanted: readonly Contestant[]): Promise<Contestant[]> {
  const missing = new Set<Rival>();
  for (const rival of new Set(wanted.map((contestant) => contestant.rival))) {
    try {
      await rival.install();
    } catch (error) {
      if (!(error instanceof StackError)) throw error;
      say(`${rival.title} is left out: ${error.message} ${error.hint}`);
      missing.add(rival);
    }
  }
  return wanted.filter(({ rival }) => !missing.has(rival));
}

function machine(): string {
  const [cpu] = cpus();
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} × ${cpu?.model.trim()}, ${gigabytes} GiB, Linux ${release()}, Node ${process.versions.node}`;
}

async function keep(all: Results): Promise<void> {
  const report = reportOf(all);
  process.stdout.write(report);
  await mkdir(values.results, { recursive: true });
  const write = (ending: string, text: string) =>
    writeFile(join(values.results, `${all.job}${ending}`), text);
  await write('.json', `${JSON.stringify(all, null, 2)}\n`);
  await write('.md', report);
  await write('-light.svg', chartOf(all, 'light'));
  await write('-dark.svg', chartOf(all, 'dark'));
}
