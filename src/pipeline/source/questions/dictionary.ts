import { type Question, toNumber } from '../question.ts';

/** Tablespaces of the whole server. */
export interface SpaceCount {
  spaces: number;
  /** Of those, the ones that may hold many tables. */
  shared: number;
}

/** Null where the server does not tell. */
export const dictionary: Question<SpaceCount | null, unknown> = {
  name: 'dictionary',
  isOptional: true,
  sql: () => `SELECT COUNT(*) AS spaces, CAST(SUM(SPACE_TYPE = 'General' AND NAME <> 'mysql') AS SIGNED) AS shared
 FROM information_schema.innodb_tablespaces_brief`,
  read: ([row]) => spaceCount(row?.['spaces'], row?.['shared']),
};

/** The same on MariaDB, which counts tables: none shares a place. */
export const dictionaryMariadb: Question<SpaceCount | null, unknown> = {
  name: 'dictionary_mariadb',
  isOptional: true,
  sql: () => 'SELECT COUNT(*) AS spaces FROM information_schema.innodb_sys_tables',
  read: ([row]) => spaceCount(row?.['spaces'], null),
};

function spaceCount(spaces: string | null | undefined, shared: string | null | undefined): SpaceCount | null {
  const count = toNumber(spaces);
  return count === null ? null : { spaces: count, shared: toNumber(shared) ?? 0 };
}
