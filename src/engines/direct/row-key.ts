import type { Spec } from '../../pipeline/objects/index.ts';
import { isTested, tagTestOf } from './tag-tests.ts';

/** Characters of each value that a message shows. */
const SHOWN = 100;
/** No character of UTF-8 has more bytes. */
const CHARACTER = 4;

/**
 * A row's primary key as a message may show it: `id=7, cpf=(masked)`. Nothing of what a rule hides;
 * a value as Spark reads it, with its tag. `bounds` are the row's (`packet-values.ts`).
 */
export function rowKey(
  { columns, primaryKey }: Pick<Spec, 'columns' | 'primaryKey'>,
  source: Buffer,
  bounds: readonly number[],
): string {
  if (primaryKey.length === 0) return 'a table without a primary key';
  const parts = primaryKey.map((name) => {
    const index = columns.findIndex((column) => column.name === name && column.mask === null);
    const column = columns[index];
    const [from = -1, to = -1] = bounds.slice(2 * index, 2 * index + 2);
    return `${name}=${column === undefined ? '(masked)' : from < 0 ? 'NULL' : shownText(column, source.subarray(from, to))}`;
  });
  return parts.join(', ');
}

function shownText({ cell, tag }: Spec['columns'][number], value: Buffer): string {
  const beginning = value.subarray(0, SHOWN * CHARACTER);
  const text = beginning.toString(cell === 'base64' ? 'base64' : 'utf8');
  const isTagged = isTested(cell) && tag !== null && tagTestOf(cell, tag)(value, 0, value.length);
  return [...(isTagged ? `!${text}` : text)].slice(0, SHOWN).join('');
}
