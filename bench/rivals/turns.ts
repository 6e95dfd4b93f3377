import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cpuSeconds } from '../processes.ts';
import { type BenchServer, startBenchServer } from '../server.ts';
import { readArrived } from './arrived.ts';
import { type JobName, type JobTables, makeFirstRows, makeTables, SCHEMA } from './jobs.ts';
import { measure } from './measure.ts';
import type { Result, Turn } from './results.ts';
import type { Format, Rival } from './rival.ts';

/** What a slow tool reads of a large table. */
const SLOW_ROWS = 300_000;
const USER = { user: 'rival', password: 'rival' };

/** A tool, and what it is to write. */
export interface Contestant {
  rival: Rival;
  format: Format;
}

interface Plan {
  job: JobName;
  /** As in `SIZES`. */
  size: number;
  turns: number;
  say(line: string): void;
}

type Entry = Contestant & { tables: JobTables; bytes: number; turns: Turn[] };

/**
 * Lets tools read the same tables in turn, in the opposite order every other time. One that fails,
 * or has not written every row, is out and told; the first must not.
 */
export async function takeTurns(
  contestants: readonly Contestant[],
  plan: Plan,
): Promise<{ server: string; results: Result[] }> {
  const server = await startBenchServer(plan.say);
  try {
    let entries = await enter(contestants, server, plan);
    for (let turn = 0; turn <= plan.turns; turn += 1) {
      plan.say(turn === 0 ? 'warming up …' : `turn ${turn} of ${plan.turns} …`);
      for (const entry of turn % 2 ? entries : entries.toReversed()) {
        const taken = await takeTurn(entry, server).catch((error: Error) => error);
        const isOut = taken instanceof Error;
        if (isOut && entry === entries[0]) throw taken;
        plan.say(
          `  ${entry.rival.name} ${entry.format}: ${isOut ? `out: ${taken.message.split('\n')[0]}` : `${taken.seconds.toFixed(1)} s`}`,
        );
        if (isOut) entries = entries.filter((other) => other !== entry);
        else if (turn > 0) entry.turns.push(taken);
      }
    }
    return { server: `MySQL ${server.version}`, results: entries.map(resultOf) };
  } finally {
    await server.stop();
  }
}

/** Makes the tables, and gives each tool those that it is to read. */
async function enter(
  contestants: readonly Contestant[],
  { connection }: BenchServer,
  { job, size, say }: Plan,
): Promise<Entry[]> {
  say(`the tables of ${job} …`);
  const whole = await makeTables(connection, job, size);
  await connection.query(
    `CREATE USER ${USER.user} IDENTIFIED WITH mysql_native_password BY '${USER.password}'`,
  );
  await connection.query(`GRANT SELECT ON ${SCHEMA}.* TO ${USER.user}`);
  const hasFirst = job !== 'small' && size > SLOW_ROWS;
  const first = hasFirst ? await makeFirstRows(connection, whole, SLOW_ROWS) : whole;
  return contestants.map((contestant) => ({
    ...contestant,
    ...{ tables: contestant.rival.isSlow ? first : whole, bytes: 0, turns: [] },
  }));
}

async function takeTurn(entry: Entry, server: BenchServer): Promise<Turn> {
  const { rival, format, tables } = entry;
  const folder = join(server.folder, 'out');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  const commands = await rival.commands({
    ...{ ...USER, port: server.port, schema: SCHEMA, tables: tables.tables, format, folder },
  });
  const before = cpuSeconds(server.pid);
  const cost = await measure(commands, folder);
  const serverCpuSeconds = cpuSeconds(server.pid) - before;
  entry.bytes = await checkArrived(entry, folder);
  return { ...cost, serverCpuSeconds };
}

/** The bytes that were written. */
async function checkArrived({ rival, format, tables }: Entry, folder: string): Promise<number> {
  const { expected, columns } = tables;
  const { bytes, ...arrived } = await readArrived(folder, {
    ...{ format, columns: rival.hasNoHeader ? columns : null, hasPrices: expected.prices !== null },
  });
  for (const key of ['rows', 'ids', 'prices'] as const)
    if (arrived[key] !== expected[key])
      throw new Error(`${rival.title} (${format}): ${key} ${arrived[key]}, of MySQL ${expected[key]}`);
  return bytes;
}

function resultOf({ rival, format, tables, bytes, turns }: Entry): Result {
  const { name, title, version } = rival;
  return {
    name,
    title,
    version,
    format,
    tables: tables.tables.length,
    rows: tables.expected.rows,
    bytes,
    turns,
  };
}
