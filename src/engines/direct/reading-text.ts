import { plural } from '../../pipeline/names/index.ts';
import type { Spec } from '../../pipeline/objects/index.ts';
import { readingNews } from '../reading-news.ts';
import type { ReadingTold } from './reading.ts';

const MB = 1_000_000;

/**
 * `reading since 18:02:11 (UTC), 1,200,000 rows so far, of 3,000,000, 480,000 rows/s, 82 MB/s from
 * MySQL, 90 MB written, done at about 18:02:17`; or why no row comes. The number of rows is exact
 * for a transaction, which has counted them, and an estimate for a table that has none.
 */
export function readingText(told: ReadingTold, spec: Spec): { message: string; isQuiet: boolean } {
  const { progress, count, rows, wire, staged } = told;
  const { message, isQuiet } = readingNews(progress, spec);
  const seconds = (Date.parse(progress.at) - Date.parse(progress.since)) / 1_000;
  if (isQuiet || progress.step !== 'reading' || seconds <= 0) return { message, isQuiet };
  const speed = rows / seconds;
  const parts = [message];
  if (count !== null) parts.push(`of ${spec.isTransactional ? '' : 'about '}${shown(count)}`);
  parts.push(`${plural(Math.round(speed), 'row', shown(speed))}/s`);
  parts.push(`${shown(wire / seconds / MB)} MB/s from MySQL`, `${shown(staged / MB)} MB written`);
  if (count !== null && speed > 0 && count > rows) {
    const end = new Date(Date.parse(progress.at) + ((count - rows) / speed) * 1_000);
    parts.push(`done at about ${end.toISOString().slice(11, 19)}`);
  }
  return { message: parts.join(', '), isQuiet };
}

const shown = (number: number) => Math.round(number).toLocaleString('en-US');
