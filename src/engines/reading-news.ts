import { plural } from '../pipeline/names/index.ts';
import type { ReadingProgress, Spec } from '../pipeline/objects/index.ts';
import { lockHolders } from '../pipeline/source/index.ts';

/** So long without a row is said. */
export const QUIET_MS = 60_000;
const DOING = { asking: 'asking MySQL', counting: 'counting', reading: 'reading' };

export interface ReadingNews {
  message: string;
  /** Nothing has moved for a minute. */
  isQuiet: boolean;
}

/** `reading since 18:02:11 (UTC), 1,200,000 rows so far`, and why no row comes where none does. */
export function readingNews(progress: ReadingProgress, { table }: Pick<Spec, 'table'>): ReadingNews {
  const { step, since, rows } = progress;
  const told = [`${DOING[step]} since ${since.slice(11, 19)} (UTC)`];
  if (step === 'reading' || rows > 0)
    told.push(`${plural(rows, 'row', rows.toLocaleString('en-US'))} so far`);
  const quietMs = Date.parse(progress.at) - Math.max(Date.parse(progress.movedAt), Date.parse(since));
  const isQuiet = quietMs >= QUIET_MS;
  if (isQuiet) told.push(quietText(progress, Math.floor(quietMs / 1_000), table));
  return { message: told.join(', '), isQuiet };
}

function quietText(progress: ReadingProgress, seconds: number, table: Spec['table']): string {
  const nothing = `${progress.step === 'reading' ? 'no row' : 'no answer'} for ${seconds} s`;
  if (!progress.isAnswering) return `${nothing}: MySQL does not answer`;
  const states = progress.states.length > 0 ? `: MySQL says ${progress.states.join(', ')}` : '';
  const isLocked = progress.states.some((state) => /lock/i.test(state));
  return `${nothing}${states}${isLocked ? `; ${lockHolders(progress.locks, table)}` : ''}`;
}
