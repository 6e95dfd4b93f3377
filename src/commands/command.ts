import type { Config } from '../config/config.ts';
import type { OutageFacts, ProcessFacts, RedisFacts } from '../pipeline/doctor/index.ts';
import type { VerifySettings } from '../pipeline/mapping/index.ts';
import type { TableRef } from '../pipeline/names/index.ts';
import type {
  Bucket,
  Destination,
  History,
  Inspection,
  Secrets,
  SourceQueries,
} from '../pipeline/ports/index.ts';
import type { Queues } from '../queues/queues.ts';
import type { Cancellations } from '../redis/cancellations.ts';
import type { takeTableLease } from '../redis/table-lease.ts';

/** What commands work with; made by `composition/command-context.ts`. */
export interface CommandContext {
  config: Config;
  verify: VerifySettings;
  ports: {
    sourceQueries: SourceQueries;
    bucket: Bucket;
    destination: Destination;
    history: History;
    secrets: Secrets;
    inspection: Inspection;
  };
  query(sql: string): Promise<Record<string, unknown>[]>;
  /** Uploads script and driver; their addresses. */
  deploy(): Promise<string[]>;
  nodeVersion: string;
  /** What Redis says about itself, and the processes that are alive. */
  machine(): Promise<{
    redis: RedisFacts;
    processes: { self: ProcessFacts; alive: ProcessFacts[] };
    /** The service for which all loads are held back now; null where there is none. */
    outage: OutageFacts | null;
  }>;
  /** Writes and reads a key in Redis. Throws what Redis refuses. */
  tryWritingRedis(): Promise<void>;
  /**
   * Reaches the source from the cluster by a Dataproc job: the server it met, and the one that this
   * machine meets.
   */
  probeSource(): Promise<{
    reached: string;
    /** Null where this machine does not reach the source. */
    own: string | null;
    version: string;
    spark: string;
    python: string;
    dataprocJob: string;
  }>;
  /** Connects to Redis at the first call. */
  queues(): Promise<Queues>;
  cancellations(): Promise<Cancellations>;
  /** Keeps loads of a table away while `holder` works on it, or says which load is at work. */
  tableLease(table: TableRef, holder: string): ReturnType<typeof takeTableLease>;
  /** Says what the command is busy with; shown only if it takes longer than two seconds. */
  activity(text: string): void;
  now(): Date;
  /** Four hex digits. */
  randomSuffix(): string;
  /** A line for people, on standard error: progress and notes. */
  note(line: string): void;
  /** An answer, on standard output. */
  print(text: string): void;
}

export interface Command {
  usage: string;
  summary: string;
  /** Whole command lines, for `--help`. */
  examples: readonly string[];
  /** The exit code. Throws `LoadError`s. */
  run(args: readonly string[], context: CommandContext): Promise<number>;
}
