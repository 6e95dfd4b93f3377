import { quoteIdentifier, type TableRef, tableKey, tableLabel } from '../names/index.ts';
import type { Capture, Refusal } from '../objects/index.ts';
import type { SourceQueries } from '../ports/index.ts';
import { numberedQuery, sessionStatements } from './capture-queries.ts';
import { wholeRowQuery } from './grant-queries.ts';
import { rowsOf } from './rows-of.ts';
import type { SourceTable } from './tables.ts';

/** SELECT refused for the table (of `SELECT *`, on both servers), or for a column. */
const DENIED: ReadonlySet<number> = new Set([1142, 1143]);
/** `GRANT SELECT (…) ON `s`.`t` TO …`; a name's own backticks are doubled. */
const COLUMN_GRANT = /^GRANT .*\([^)]*\).* ON `((?:[^`]|``)+)`\.`((?:[^`]|``)+)` TO /;

type Shown = Pick<SourceTable, 'schema' | 'table' | 'columns'>;

/**
 * Tables of which this user sees some columns only. information_schema leaves the others out without a word, so that they look dropped. Only where columns
 * were granted is the server asked for a whole row: without a grant of columns it shows either all of them or none, and ten thousand
 * tables are not opened for nothing.
 */
export async function hiddenColumns(
  capture: Capture,
  tables: readonly Shown[],
  source: SourceQueries,
): Promise<Map<string, Refusal>> {
  const suspects = withColumnGrants(capture, tables);
  if (suspects.length === 0) return new Map();
  const answers = await source.capture({
    session: sessionStatements(),
    queries: suspects.map((table, index) => ({
      name: numberedQuery('whole_row', index),
      sql: wholeRowQuery(`${quoteIdentifier(table.schema)}.${quoteIdentifier(table.table)}`),
      isOptional: true,
      delayMs: 0,
    })),
  });
  return new Map(
    suspects.flatMap((table, index) => {
      const isHidden = isWholeRowDenied(answers, numberedQuery('whole_row', index)) || hasGap(table);
      return isHidden ? [[tableKey(table), hiddenRefusal(table)] as const] : [];
    }),
  );
}

/** Whether a capture of one table was refused the whole row (`whole_row`); false where it was not asked, as older versions do. */
export function isWholeRowDenied(capture: Capture, name = 'whole_row'): boolean {
  const answer = capture[name];
  return answer !== undefined && 'errno' in answer && DENIED.has(answer.errno);
}

/** Why such a table is not loaded. */
export function hiddenRefusal({ columns, ...table }: Shown): Refusal {
  const seen = columns.map(({ name }) => name).join(', ');
  const message = `MYSQL_USER may not read every column of ${tableLabel({ schema: table.schema, table: table.table })}; it sees ${seen || 'none'}. The others would leave BigQuery.`;
  return { code: 'SOURCE_COLUMNS_HIDDEN', message };
}

function withColumnGrants(capture: Capture, tables: readonly Shown[]): Shown[] {
  const named = [...rowsOf(capture, 'column_grants'), ...rowsOf(capture, 'column_grants_roles')].map(
    (row) => ({
      schema: row['table_schema'] ?? '',
      table: row['table_name'] ?? '',
    }),
  );
  const printed = [...rowsOf(capture, 'grants_role'), ...rowsOf(capture, 'grants_public')]
    .flatMap((row) => Object.values(row))
    .flatMap(grantedTable);
  // Grants of a server with lower_case_table_names may be spelled otherwise; a suspect too many is only asked.
  const keys = new Set([...named, ...printed].map((table) => tableKey(table).toLowerCase()));
  return tables.filter((table) => keys.has(tableKey(table).toLowerCase()));
}

function grantedTable(line: string | null): TableRef[] {
  const [, schema, table] = COLUMN_GRANT.exec(line ?? '') ?? [];
  if (schema === undefined || table === undefined) return [];
  return [{ schema: schema.replaceAll('``', '`'), table: table.replaceAll('``', '`') }];
}

/** MySQL does not count an INVISIBLE column to the whole row, and gives each column the number that it has for everybody. */
function hasGap({ columns }: Shown): boolean {
  return Math.max(0, ...columns.map(({ position }) => position)) > columns.length;
}
