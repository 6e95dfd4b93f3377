import { createSourceQueries } from '../src/adapters/mysql/source-queries.ts';
import { mapTable } from '../src/pipeline/mapping/index.ts';
import type { TableRef } from '../src/pipeline/names/index.ts';
import type { MappedColumn } from '../src/pipeline/objects/index.ts';
import { captureQueries, readServer, readTables, sessionStatements } from '../src/pipeline/source/index.ts';

/** The columns of a table of a MySQL on loopback, as a load maps them without rules. */
export async function mappedColumns(
  table: TableRef,
  { port, user, password }: { port: number; user: string; password: string },
): Promise<MappedColumn[]> {
  const sourceQueries = createSourceQueries({
    address: { host: '127.0.0.1', port, user, tls: { mode: 'disabled' } },
    password: async () => password,
  });
  const capture = await sourceQueries.capture({
    session: sessionStatements(),
    queries: captureQueries({ table }),
  });
  await sourceQueries.close();
  const [found] = readTables(capture, readServer(capture), 1);
  const { columns, refusal } = mapTable({
    table,
    sourceColumns: found?.columns ?? [],
    rules: {},
    flavour: 'mysql',
  });
  if (refusal) throw new Error(refusal.message);
  return columns;
}
