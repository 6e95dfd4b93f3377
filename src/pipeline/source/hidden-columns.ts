import { LoadError, toFailure } from '../errors/index.ts';
import { type TableRef, tableKey } from '../names/index.ts';
import type { Capture, Refusal } from '../objects/index.ts';
import type { SourceQueries } from '../ports/index.ts';
import { answerOf, askEach } from './question.ts';
import {
  columnGrants,
  columnGrantsOfRoles,
  grantsOfPublic,
  grantsOfRole,
  isDenied,
  wholeRow,
} from './questions/index.ts';
import { sessionStatements } from './session.ts';
import type { SourceTable } from './tables.ts';

type Shown = Pick<SourceTable, 'schema' | 'table' | 'columns'>;

/**
 * Tables of which this user sees some columns only. information_schema leaves the others out
 * without a word, so that they look dropped. Only where columns were granted is the server asked
 * for a whole row: without a grant of columns it shows either all of them or none, and ten thousand
 * tables are not opened for nothing.
 */
export async function hiddenColumns(
  capture: Capture,
  tables: readonly Shown[],
  queries: SourceQueries,
): Promise<Map<string, Refusal>> {
  const suspects = withColumnGrants(capture, tables);
  if (suspects.length === 0) return new Map();
  const asked = askEach(wholeRow, suspects);
  const answers = asked.read(await queries.capture({ session: sessionStatements(), queries: asked.queries }));
  return new Map(
    suspects.flatMap((table, index) => {
      const isHidden = isDenied(answers[index]?.errno ?? null) || hasGap(table);
      return isHidden ? [[tableKey(table), hiddenRefusal(table)] as const] : [];
    }),
  );
}

/** Why such a table is not loaded. */
export function hiddenRefusal({ columns, ...table }: Shown): Refusal {
  const seen = columns.map(({ name }) => name).join(', ');
  const message = `MYSQL_USER may not read every column; it sees ${seen || 'none'}. The others would leave BigQuery.`;
  return toFailure(new LoadError('SOURCE_COLUMNS_HIDDEN', message), table);
}

function withColumnGrants(capture: Capture, tables: readonly Shown[]): Shown[] {
  const granted: TableRef[] = [columnGrants, columnGrantsOfRoles, grantsOfRole, grantsOfPublic].flatMap(
    (question) => answerOf(capture, question),
  );
  // Grants of a server with lower_case_table_names may be spelled otherwise; a suspect too many is
  // only asked.
  const keys = new Set(granted.map((table) => tableKey(table).toLowerCase()));
  return tables.filter((table) => keys.has(tableKey(table).toLowerCase()));
}

/**
 * MySQL does not count an INVISIBLE column to the whole row, and gives each column the number that
 * it has for everybody.
 */
function hasGap({ columns }: Shown): boolean {
  return Math.max(0, ...columns.map(({ position }) => position)) > columns.length;
}
