import type { Cost } from './measure.ts';
import type { Format } from './rival.ts';

/** One run of a tool: what it cost, and what it cost the server, in CPU seconds. */
export interface Turn extends Cost {
  serverCpuSeconds: number;
}

/** A tool and a format, and its turns in their order. */
export interface Result {
  name: string;
  title: string;
  version: string;
  format: Format;
  tables: number;
  rows: number;
  /** What it has written. */
  bytes: number;
  turns: readonly Turn[];
}

/** What one call of the bench has measured. */
export interface Results {
  /** ISO 8601, the day it was measured. */
  day: string;
  /** Which tables: `lineitem`, `wide` or `small`. */
  job: string;
  /** Cores, memory, kernel: one line. */
  machine: string;
  server: string;
  /** The first is Adutora's, by which the others are judged. */
  results: readonly Result[];
}

/** Of the best turn: what noise on the machine disturbs least. */
export interface Best {
  seconds: number;
  rowsPerSecond: number;
  tablesPerSecond: number;
  cpuSeconds: number;
  cpuSecondsPerMillion: number;
  serverCpuSeconds: number;
  /** The largest of all turns. */
  peakBytes: number;
}

export function bestOf({ rows, tables, turns }: Result): Best {
  const least = (of: (turn: Turn) => number) => Math.min(...turns.map(of));
  const seconds = least((turn) => turn.seconds);
  const cpuSeconds = least((turn) => turn.cpuSeconds);
  return {
    seconds,
    rowsPerSecond: rows / seconds,
    tablesPerSecond: tables / seconds,
    cpuSeconds,
    cpuSecondsPerMillion: (cpuSeconds / rows) * 1e6,
    serverCpuSeconds: least((turn) => turn.serverCpuSeconds),
    peakBytes: Math.max(...turns.map((turn) => turn.peakBytes)),
  };
}
