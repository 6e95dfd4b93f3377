import { plural, type TableRef } from '../names/index.ts';
import { goneLines } from '../verify/index.ts';
import { type Finding, ok, warn } from './finding.ts';

/**
 * Tables that history knows, and the source does not list: nothing of them is loaded, and no load
 * fails.
 */
export function judgeListing(known: {
  listed: readonly TableRef[];
  gone: readonly TableRef[];
  /** Those of `gone` that nobody has acknowledged. */
  told: readonly TableRef[];
}): Finding {
  const [found = '', fix = ''] = goneLines(known.told);
  if (known.told.length > 0) return warn('mysql.listing', found, fix);
  const quiet = known.gone.length > 0 ? `; ${plural(known.gone.length, 'table')} acknowledged as gone` : '';
  return ok('mysql.listing', `every table that was ever loaded is among the ${known.listed.length}${quiet}`);
}
