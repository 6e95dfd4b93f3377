import { plural, type TableRef, tableLabel } from '../names/index.ts';
import type { Refusal } from '../objects/index.ts';
import { type Finding, failWith, ok } from './finding.ts';

const TOLD = 10;

/** Tables of which MYSQL_USER sees some columns only; the rules are judged without them. */
export function judgeHidden({
  looked,
  refused,
}: {
  looked: number;
  refused: readonly (TableRef & { refusal: Refusal })[];
}): Finding {
  const code = 'SOURCE_COLUMNS_HIDDEN';
  const hidden = refused.filter(({ refusal }) => refusal.code === code);
  if (hidden.length === 0)
    return ok('mysql.columns', `every column of ${plural(looked, 'table')} may be read`);
  const more = hidden.length > TOLD ? ` and ${hidden.length - TOLD} more` : '';
  const names = hidden.slice(0, TOLD).map(tableLabel).join(', ');
  const found = `MYSQL_USER may read some columns only of ${plural(hidden.length, 'table')}: ${names}${more}`;
  return failWith('mysql.columns', code, found);
}
