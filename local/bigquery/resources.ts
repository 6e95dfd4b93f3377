import { type Database, quoteText } from './database.ts';

export interface Field {
  name: string;
  type: string;
  mode?: string;
  description?: string;
  policyTags?: unknown;
}

export interface DatasetResource {
  id: string;
  location: string;
  labels: Record<string, string>;
  description?: string;
  /** Milliseconds, as text. */
  defaultTableExpirationMs?: string;
  defaultPartitionExpirationMs?: string;
  creationTime: number;
  lastModifiedTime: number;
}

export interface TimePartitioning {
  type: string;
  field?: string;
  expirationMs?: string;
}

export interface Clustering {
  fields: string[];
}

/** Rows of a table as they were from `from` until just before `to`, epoch milliseconds. */
export interface Snapshot {
  /** Name of the DuckDB table that has them, in the dataset's schema. */
  storage: string;
  schema: Field[];
  from: number;
  to: number;
}

export interface TableResource {
  dataset: string;
  id: string;
  schema: Field[];
  labels: Record<string, string>;
  description?: string;
  timePartitioning?: TimePartitioning;
  clustering?: Clustering;
  tableConstraints?: unknown;
  /** Epoch milliseconds, as text. */
  expirationTime?: string;
  rowAccessPolicies: unknown[];
  /** Name of the DuckDB table that has the rows as they are, and have been since `rowsSince`. */
  storage: string;
  rowsSince: number;
  /** Oldest first. */
  snapshots: Snapshot[];
  creationTime: number;
  lastModifiedTime: number;
  etag: number;
}

/** A table without what is known only once its rows are written. */
export type NewTable = Omit<
  TableResource,
  'storage' | 'rowsSince' | 'snapshots' | 'creationTime' | 'lastModifiedTime' | 'etag'
>;

export interface JobResource {
  id: string;
  location: string;
  configuration: Record<string, unknown>;
  state: 'PENDING' | 'RUNNING' | 'DONE';
  error?: { reason: string; message: string; location?: string };
  creationTime: number;
  startTime?: number;
  endTime?: number;
  statistics: Record<string, unknown>;
}

interface Kinds {
  dataset: DatasetResource;
  table: TableResource;
  /**
   * A table that was deleted, until there is another of its name: time travel still reaches it.
   * `rowsSince` is when it was deleted.
   */
  deleted: TableResource;
  job: JobResource;
}

/**
 * What BigQuery knows beside rows: kept in memory, written through to the database, so that both
 * survive together.
 */
export class Resources {
  readonly #database: Database;
  readonly #maps: { [K in keyof Kinds]: Map<string, Kinds[K]> } = {
    dataset: new Map(),
    table: new Map(),
    deleted: new Map(),
    job: new Map(),
  };

  private constructor(database: Database) {
    this.#database = database;
  }

  static async open(database: Database): Promise<Resources> {
    const resources = new Resources(database);
    const rows = await database.exclusively(() =>
      database.all('SELECT kind, id, json FROM _standin.resources'),
    );
    for (const row of rows)
      resources.#maps[row['kind'] as 'job'].set(String(row['id']), JSON.parse(String(row['json'])));
    return resources;
  }

  get<K extends keyof Kinds>(kind: K, id: string): Kinds[K] | undefined {
    return this.#maps[kind].get(id);
  }

  list<K extends keyof Kinds>(kind: K): Kinds[K][] {
    return [...this.#maps[kind].values()];
  }

  /** Writes a resource; call it inside `exclusively`. */
  async put<K extends keyof Kinds>(kind: K, id: string, resource: Kinds[K]): Promise<void> {
    const json = quoteText(JSON.stringify(resource));
    await this.#database.run(
      `INSERT OR REPLACE INTO _standin.resources VALUES ('${kind}', ${quoteText(id)}, ${json})`,
    );
    this.#maps[kind].set(id, resource);
  }

  async remove(kind: keyof Kinds, id: string): Promise<void> {
    await this.#database.run(
      `DELETE FROM _standin.resources WHERE kind = '${kind}' AND id = ${quoteText(id)}`,
    );
    this.#maps[kind].delete(id);
  }
}

export function tableId(dataset: string, table: string): string {
  return `${dataset}.${table}`;
}
