import type { ReadingProgress, Spec } from '../../pipeline/objects/index.ts';
import type { RowSession, RowSource } from '../../pipeline/ports/index.ts';
import { statesOf } from '../../pipeline/source/index.ts';
import { QUIET_MS } from '../reading-news.ts';
import { locksOf } from './locks-of.ts';

const TELL_MS = 1_000;
/** Without a row for a minute, MySQL is asked as often why. */
const LOOK_MS = 10_000;
const ANSWER_MS = 5_000;

/** What has come and gone so far. */
export interface ReadSoFar {
  rows: number;
  /** Bytes from MySQL. */
  wire: number;
  /** Bytes of the stage, uncompressed. */
  staged: number;
}

/** What a reader tells of itself: when its rows begin, and about once a second. */
export interface ReadingTold extends ReadSoFar {
  progress: ReadingProgress;
  /** Rows that there are to read; null before they are counted. */
  count: number | null;
}

/** How far the reading of one table is. */
export interface Reading {
  step(name: ReadingProgress['step']): void;
  /** Rows are about to come. */
  begin(reading: { count: number; progress: () => ReadSoFar }): void;
  stop(): void;
}

/** Follows a reading; one that stands still is asked about at MySQL, by a connection of its own. */
export function followReading(input: {
  spec: Spec;
  rowSource: RowSource;
  tell(told: ReadingTold): void;
  now(): Date;
}): Reading {
  const { spec, now } = input;
  const at = () => now().toISOString();
  let soFar = (): ReadSoFar => ({ rows: 0, wire: 0, staged: 0 });
  let count: number | null = null;
  let known = 0;
  const progress: ReadingProgress = {
    ...{ version: 1, attemptId: spec.attemptId, step: 'asking', rows: 0 },
    ...{ at: at(), since: at(), movedAt: at(), isAnswering: true, states: [], locks: {} },
  };
  const step = (name: ReadingProgress['step']) =>
    Object.assign(progress, { step: name, since: at(), movedAt: at() });
  const tell = () => {
    const told = soFar();
    // Bytes move too where one long row is on its way.
    if (told.wire !== known)
      Object.assign(progress, { movedAt: at(), states: [], locks: {}, isAnswering: true });
    known = told.wire;
    Object.assign(progress, { at: at(), rows: told.rows });
    input.tell({ ...told, count, progress: { ...progress } });
  };
  const look = async () => {
    if (now().getTime() - Date.parse(progress.movedAt) < QUIET_MS) return;
    Object.assign(progress, await lookAt(input.rowSource, spec));
  };
  const timers = [setInterval(tell, TELL_MS), setInterval(() => void look(), LOOK_MS)];
  return {
    step,
    begin: (reading) => {
      count = reading.count;
      soFar = reading.progress;
      step('reading');
      tell();
    },
    stop: () => {
      for (const timer of timers) clearInterval(timer);
    },
  };
}

/** What MySQL says of the attempt's statements, and who holds its table. */
async function lookAt(
  rowSource: RowSource,
  spec: Spec,
): Promise<Pick<ReadingProgress, 'isAnswering' | 'states' | 'locks'>> {
  let session: RowSession | null = null;
  try {
    session = await rowSource.open({ session: [], signal: AbortSignal.timeout(ANSWER_MS) });
    const states = statesOf.read(await session.ask(statesOf.sql(spec)));
    return { isAnswering: true, states, locks: (await locksOf(session, spec)) ?? {} };
  } catch {
    return { isAnswering: false, states: [], locks: {} };
  } finally {
    session?.close();
  }
}
