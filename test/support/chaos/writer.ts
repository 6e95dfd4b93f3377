import { setTimeout as pause } from 'node:timers/promises';
import type { Connection } from 'mysql2/promise';
import type { Chance } from './random.ts';
import { rowsOfState } from './states.ts';

/**
 * That a table came into a state: not seen by anybody before `begunMs`, by everybody from `doneMs`
 * on (milliseconds since 1970).
 */
export interface Commit {
  table: string;
  state: number;
  begunMs: number;
  doneMs: number;
}

export interface Writer {
  commits: Commit[];
  /** Brings a table into its next state. */
  write(table: string): Promise<void>;
  /** Writes at random until `stop`, `pauseMs` and as much again by chance between two writes. */
  start(chance: Chance, pauseMs: number): void;
  stop(): Promise<void>;
}

/**
 * Changes tables in one transaction a state. The connection's default database holds them; they are
 * made here, in state 0.
 */
export async function openWriter(connection: Connection, tables: readonly string[]): Promise<Writer> {
  const states = new Map(tables.map((table) => [table, -1]));
  const commits: Commit[] = [];
  let isStopping = false;
  let writing: Promise<void> = Promise.resolve();
  const write = async (table: string) => {
    const state = (states.get(table) ?? -1) + 1;
    states.set(table, state);
    await connection.query('START TRANSACTION');
    await connection.query(`DELETE FROM ${table}`);
    const rows = rowsOfState(table, state).map(({ id, body }) => [id, state, body]);
    await connection.query(`INSERT INTO ${table} (id, state, body) VALUES ?`, [rows]);
    const begunMs = Date.now();
    await connection.query('COMMIT');
    commits.push({ table, state, begunMs, doneMs: Date.now() });
  };
  for (const table of tables) {
    await connection.query(
      `CREATE TABLE ${table} (id INT PRIMARY KEY, state INT NOT NULL, body VARCHAR(40) NOT NULL)`,
    );
    await write(table);
  }
  const loop = async (chance: Chance, pauseMs: number) => {
    while (!isStopping) {
      const table = chance.pick(tables);
      if (table) await write(table);
      await pause(pauseMs * (1 + chance.next()));
    }
  };
  return {
    commits,
    write,
    start: (chance, pauseMs) => {
      isStopping = false;
      writing = loop(chance, pauseMs);
    },
    stop: async () => {
      isStopping = true;
      await writing;
    },
  };
}
