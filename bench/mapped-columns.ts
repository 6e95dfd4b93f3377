import { createRowSource } from '../src/adapters/mysql/row-source.ts';
import { mapTable } from '../src/pipeline/mapping/index.ts';
import type { TableRef } from '../src/pipeline/names/index.ts';
import type { MappedColumn } from '../src/pipeline/objects/index.ts';
import type { RowSession } from '../src/pipeline/ports/index.ts';
import { captureQueries, readerStatements, readServer, readTables } from '../src/pipeline/source/index.ts';

/** The columns of a table of a MySQL on loopback, as a load maps them without rules. */
export async function mappedColumns(
  table: TableRef,
  { port, user, password }: { port: number; user: string; password: string },
): Promise<MappedColumn[]> {
  const source = createRowSource({
    address: { host: '127.0.0.1', port, user, tls: { mode: 'disabled' } },
    password: async () => password,
  });
  const session = await source.open({ session: readerStatements(), signal: new AbortController().signal });
  return columnsIn(session, table).finally(session.close);
}

/** The same in a session that is open. The capture does not wait, as that of a load would. */
export async function columnsIn(session: RowSession, table: TableRef): Promise<MappedColumn[]> {
  const capture = await session.capture(captureQueries({ table }).map((query) => ({ ...query, delayMs: 0 })));
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
