import type { RowDataPacket } from 'mysql2/promise';
import { connectAsAdmin } from '../mysql/admin.ts';
import { createSample } from './create-sample.ts';

/** Enough to try everything with, and there in seconds; the demo makes a million. */
const LARGE_ROWS = 100_000;

/**
 * Makes the sample university in the stack's own MySQL where its schema is not there yet, so that
 * the commands have something to look at. A schema that is there stays as it is. Returns whether it
 * was made; `report` gets a line before it is.
 */
export async function ensureSample(
  env: Readonly<Record<string, string>>,
  report: (line: string) => void,
): Promise<boolean> {
  const schema = env['MYSQL_SCHEMAS'] ?? '';
  const connection = await connectAsAdmin(env);
  try {
    const [found] = await connection.query<RowDataPacket[]>(
      'SELECT 1 FROM information_schema.schemata WHERE schema_name = ?',
      [schema],
    );
    if (found.length > 0) return false;
    report(`Making a sample university in MySQL's schema ${schema} …`);
    await createSample({ connection, schema, largeRows: LARGE_ROWS });
    return true;
  } finally {
    await connection.end();
  }
}
