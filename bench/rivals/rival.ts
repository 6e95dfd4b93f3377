/** What a tool writes. */
export type Format = 'parquet' | 'csv';

/** What is to be read, and where the files are to go. */
export interface Job {
  port: number;
  user: string;
  password: string;
  schema: string;
  tables: readonly JobTable[];
  format: Format;
  /** Absolute and empty. */
  folder: string;
}

export interface JobTable {
  name: string;
  /** Its DECIMAL columns and their types, such as `decimal(15,2)`. */
  decimals: Readonly<Record<string, string>>;
}

/** A program that runs in the job's folder. */
export interface Command {
  program: string;
  args: readonly string[];
  env?: Record<string, string>;
}

/** A tool that reads MySQL's tables into files. */
export interface Rival {
  /** One word, by which it is asked for. */
  name: string;
  title: string;
  version: string;
  formats: readonly Format[];
  /** Its CSV begins with the first row. */
  hasNoHeader?: boolean;
  /** Reads only the first rows of a large table. */
  isSlow?: boolean;
  /** Puts it into `.local/bench/`, once. Throws where it cannot be had. */
  install(): Promise<void>;
  /** One after the other, they read every table of the job. */
  commands(job: Job): readonly Command[] | Promise<readonly Command[]>;
}

/** Where the server of a job is, as many tools want it said. */
export function urlOf({ user, password, port, schema }: Job, protocol = 'mysql'): string {
  return `${protocol}://${user}:${password}@127.0.0.1:${port}/${schema}`;
}
