import { LoadError } from '../errors/index.ts';
import { type TableRef, tableKey } from '../names/index.ts';
import type { MappedColumn } from '../objects/index.ts';
import type { SourceQueries } from '../ports/index.ts';
import { numberedQuery, sessionStatements } from './capture-queries.ts';
import { fingerprintQuery, fingerprintText } from './fingerprint.ts';
import { rowsOf } from './rows-of.ts';
import { guardQuery } from './table-queries.ts';

/**
 * The checksum of each table as it is at the source now, by `tableKey`: one statement a table, which reads all its rows.
 * Null where the server refused it, or a row is too long for one: then nothing is proven. Rows are read, so the connection
 * first makes sure that it is at `identity`, the signatures' server. Throws `SOURCE_MOVED`.
 */
export async function takeChecksums(
  tables: readonly { source: TableRef; columns: readonly MappedColumn[] }[],
  { source, identity }: { source: SourceQueries; identity: string },
): Promise<Map<string, string | null>> {
  if (tables.length === 0) return new Map();
  const guard = { name: 'guard', sql: guardQuery(identity), isOptional: true, delayMs: 0 };
  const queries = tables.map(({ source: table, columns }, index) => ({
    name: numberedQuery('fingerprint', index),
    sql: fingerprintQuery(table, columns),
    isOptional: true,
    delayMs: 0,
  }));
  const capture = await source.capture({ session: sessionStatements(), queries: [guard, ...queries] });
  if (rowsOf(capture, guard.name).length === 0)
    throw new LoadError('SOURCE_MOVED', `Checksums would have come from another server than ${identity}.`);
  return new Map(
    tables.map(({ source: table }, index) => {
      const [row] = rowsOf(capture, numberedQuery('fingerprint', index));
      return [tableKey(table), row ? textOf(row) : null];
    }),
  );
}

function textOf(row: Record<string, string | null>): string | null {
  const { total, summed, low, high } = row;
  return total && summed && low && high ? fingerprintText({ total, summed, low, high }) : null;
}
