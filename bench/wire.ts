import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readNumbers } from '../local/arguments.ts';
import { run } from '../local/tools/commands.ts';
import { loadObject, specOf } from '../test/support/samples.ts';
import { mappedColumns } from './mapped-columns.ts';
import { cpuSeconds, median } from './processes.ts';
import { startBenchServer } from './server.ts';
import { fillTable } from './tables/fill-table.ts';
import { lineitem } from './tables/lineitem.ts';

const USAGE = `Usage: npm run bench -- wire [TURNS [ROWS]]

One connection, 17 columns. A C program reads them and looks at the headers of packets alone. The row source reads them and
counts, plain and encrypted; then the SELECT of a load, its rows written to a file as the lines of a stage. They take turns,
after one that does not count: 5 turns, 1000000 rows. Needs gcc. Of each the best turn: rows/s, and the least CPU-seconds.`;
const [[TURNS = 5] = [], [ROWS = 1_000_000] = []] = readNumbers(USAGE, 2);
const USER = 'bench';
const TABLE = { schema: 'bench', table: 'lineitem' };
const PLAIN = 'SELECT * FROM bench.lineitem';

/** CPU in seconds: of the reading, of the reader's whole process, of the server. Peak: bytes. */
interface Reading {
  rows: number;
  bytes: number;
  seconds: number;
  cpu: number;
  process?: number;
  peak?: number;
  server: number;
}

const say = (line: string) => process.stderr.write(`${line}\n`);
const server = await startBenchServer(say);
await fill();
const discard = join(server.folder, 'discard');
await run('gcc', ['-O2', '-o', discard, join(import.meta.dirname, 'wire', 'discard.c')], {
  hint: 'Install gcc.',
});
const { spec, select } = await writeSpec();
const READERS: Readonly<Record<string, readonly string[]>> = {
  'C, discarded': [discard],
  'row source, counted': rowSource(),
  'row source, counted, encrypted': rowSource('--tls'),
  'row source, to lines in a file': rowSource('--spec', spec, '--to', join(server.folder, 'lines')),
};

try {
  const names = Object.keys(READERS);
  const readings = new Map<string, Reading[]>(names.map((name) => [name, []]));
  for (let turn = 0; turn <= TURNS; turn += 1) {
    say(turn === 0 ? 'warming up …' : `turn ${turn} of ${TURNS} …`);
    for (const name of turn % 2 ? names : names.toReversed()) {
      const reading = await read(READERS[name] ?? []);
      if (turn > 0) readings.get(name)?.push(reading);
    }
  }
  tell(readings);
} finally {
  await server.stop();
}

function rowSource(...options: string[]): string[] {
  return [process.execPath, join(import.meta.dirname, 'wire', 'read.ts'), ...options];
}

/** The spec of a load, in a file; and its SELECT. */
async function writeSpec(): Promise<{ spec: string; select: string }> {
  const columns = await mappedColumns(TABLE, { port: server.port, ...server.login });
  const made = specOf(loadObject({ table: TABLE, columns, primaryKey: ['id'], engine: 'direct' }));
  const file = join(server.folder, 'spec.json');
  writeFileSync(file, JSON.stringify(made));
  return { spec: file, select: made.queries.select };
}

async function fill(): Promise<void> {
  say(`a table of ${ROWS} rows …`);
  const { connection } = server;
  await connection.query('CREATE DATABASE bench');
  await fillTable(connection, lineitem('bench.lineitem', ROWS));
  // Without a password: the C program knows no method of logging in.
  await connection.query(`CREATE USER ${USER} IDENTIFIED WITH mysql_native_password BY ''`);
  await connection.query(`GRANT SELECT ON bench.* TO ${USER}`);
}

async function read([program = '', ...words]: readonly string[]): Promise<Reading> {
  const before = cpuSeconds(server.pid);
  const sql = words.includes(spec) ? select : PLAIN;
  const said = await run(program, [...words, String(server.port), USER, sql], { hint: '' });
  const reading = JSON.parse(said) as Omit<Reading, 'server'>;
  if (reading.rows !== ROWS) throw new Error(`${program} read ${reading.rows} rows of ${ROWS}.`);
  return { ...reading, server: cpuSeconds(server.pid) - before };
}

function tell(readings: ReadonlyMap<string, readonly Reading[]>): void {
  const head = [
    'reader',
    'best rows/s',
    'of the first',
    'median',
    'CPU-s',
    'whole process',
    'server',
    'peak MB',
  ];
  const [first = []] = readings.values();
  const lines = [...readings].map(([name, all]) => [name, ...cells(all, bestRate(first))]);
  const table = [head, head.map(() => '---'), ...lines].map((line) => `| ${line.join(' | ')} |`);
  process.stdout.write(`${table.join('\n')}\n`);
}

function bestRate(all: readonly Reading[]): number {
  return Math.max(...all.map(rateOf));
}

function rateOf({ rows, seconds }: Reading): number {
  return rows / seconds;
}

function cells(all: readonly Reading[], firstRate: number): string[] {
  const least = (of: (reading: Reading) => number | undefined, digits: number) => {
    const value = Math.min(...all.map((reading) => of(reading) ?? Number.NaN));
    return Number.isNaN(value) ? '–' : value.toFixed(digits);
  };
  return [
    `${Math.round(bestRate(all) / 1_000)} k`,
    `${(bestRate(all) / firstRate).toFixed(2)} ×`,
    `${Math.round(median(all.map(rateOf)) / 1_000)} k`,
    least(({ cpu }) => cpu, 2),
    least((reading) => reading.process, 2),
    least((reading) => reading.server, 2),
    least(({ peak }) => peak && peak / 1e6, 0),
  ];
}
