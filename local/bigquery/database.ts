import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

/** BigQuery functions that our statements use and DuckDB lacks. */
const MACROS = [
  'CREATE OR REPLACE MACRO JSON_VALUE(json, path) AS json_extract_string(json, path)',
  'CREATE OR REPLACE MACRO JSON_QUERY(json, path) AS CAST(json_extract(json, path) AS VARCHAR)',
  "CREATE OR REPLACE MACRO JSON_QUERY_ARRAY(json) AS json_extract(json, '$[*]')",
  'CREATE OR REPLACE MACRO PARSE_JSON(text) AS CAST(text AS JSON)',
  'CREATE OR REPLACE MACRO TO_JSON_STRING(json) AS CAST(json AS VARCHAR)',
  'CREATE OR REPLACE MACRO TO_BASE64(bytes) AS base64(bytes)',
];

export type Row = Record<string, unknown>;

/** One DuckDB database on disk, one statement or transaction at a time. */
export class Database {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open(file: string): Promise<Database> {
    const loads = loadFolder(dirname(file));
    mkdirSync(loads, { recursive: true });
    const instance = await DuckDBInstance.create(file, { memory_limit: '1GB', threads: '2' });
    const database = new Database(instance, await instance.connect());
    await database.exclusively(async () => {
      await database.run("SET TimeZone = 'UTC'");
      // A statement comes from whoever reaches the port: it reads no file of this machine but those
      // of loads, and opens none.
      await database.run(`SET allowed_directories = [${quoteText(`${loads}/`)}]`);
      await database.run('SET enable_external_access = false');
      await database.run('SET lock_configuration = true');
      for (const macro of MACROS) await database.run(macro);
      await database.run('CREATE SCHEMA IF NOT EXISTS _standin');
      await database.run(
        'CREATE TABLE IF NOT EXISTS _standin.resources (kind VARCHAR, id VARCHAR, json VARCHAR, PRIMARY KEY (kind, id))',
      );
    });
    return database;
  }

  /** Runs `work` alone: statements of others wait until it has ended. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** All or nothing; call it inside `exclusively`. */
  async inTransaction<T>(work: () => Promise<T>): Promise<T> {
    await this.run('BEGIN');
    try {
      const result = await work();
      await this.run('COMMIT');
      return result;
    } catch (error) {
      await this.run('ROLLBACK');
      throw error;
    }
  }

  async run(sql: string): Promise<void> {
    await this.#connection.run(sql);
  }

  /** Rows as objects of JavaScript values; call it inside `exclusively`. */
  async all(sql: string): Promise<Row[]> {
    const reader = await this.#connection.runAndReadAll(sql);
    return reader.getRowObjectsJS() as Row[];
  }

  /** How many statements a text holds; throws where it is none. */
  async countStatements(sql: string): Promise<number> {
    return (await this.#connection.extractStatements(sql)).count;
  }

  async close(): Promise<void> {
    await this.#last;
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

/** Where loads put the files that they read, and DuckDB may. */
export function loadFolder(dataDir: string): string {
  return join(dataDir, 'loads');
}

/** A DuckDB identifier. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A DuckDB string literal. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
