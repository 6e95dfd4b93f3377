import { LoadError } from '../errors/index.ts';

const MAX_COLUMN_NAME = 300;

/**
 * A BigQuery name for a MySQL one: accents are dropped, letters, digits and underscores stay,
 * everything else becomes `_`, and a leading digit gets one in front. Deliberately narrower than
 * BigQuery's flexible names, which not every client reads.
 */
export function destinationName(name: string): string {
  const plain = name.normalize('NFD').replaceAll(/\p{Mn}/gu, '');
  const safe = plain.replaceAll(/[^A-Za-z0-9_]/gu, '_');
  // `__TABLES__` is BigQuery's own list of a dataset's tables.
  return /^([0-9]|__TABLES)/i.test(safe) ? `_${safe}` : safe;
}

/** The same for a column, at most 300 characters; BigQuery keeps some prefixes for itself. */
export function destinationColumnName(name: string): string {
  const safe = destinationName(name).slice(0, MAX_COLUMN_NAME);
  return /^(_TABLE_|_FILE_|_PARTITION|_ROW_TIMESTAMP|__ROOT__|_COLIDENTIFIER)/i.test(safe)
    ? `c${safe}`
    : safe;
}

/**
 * Refuses a table of which two columns would share a destination column: BigQuery does not tell
 * case apart. Throws `NAME_UNSUITABLE`.
 */
export function checkColumnNames(columns: readonly { name: string; destinationName: string }[]): void {
  const seen = new Map<string, string>();
  for (const column of columns) {
    const key = column.destinationName.toLowerCase();
    const other = seen.get(key);
    if (other !== undefined) {
      throw new LoadError(
        'NAME_UNSUITABLE',
        `Columns ${other} and ${column.name} would both become ${column.destinationName}.`,
      );
    }
    seen.set(key, column.name);
  }
}
