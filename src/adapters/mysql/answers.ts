import type { Connection, RowDataPacket } from 'mysql2/promise';
import { classifyMysqlErrno } from '../../pipeline/errors/index.ts';
import type { Capture, CaptureAnswer, SourceQuery, TextRow } from '../../pipeline/objects/index.ts';
import { messageOf } from '../retry.ts';

/** Runs the queries in order. Throws mysql2's errors. */
export async function answers(
  connection: Connection,
  queries: readonly SourceQuery[],
  signal: AbortSignal | undefined,
): Promise<Capture> {
  const capture: Capture = {};
  for (const query of queries) {
    signal?.throwIfAborted();
    capture[query.name] = await answer(connection, query);
  }
  return capture;
}

async function answer(connection: Connection, query: SourceQuery): Promise<CaptureAnswer> {
  if (query.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, query.delayMs));
  try {
    return { rows: await textRows(connection, query.sql) };
  } catch (error) {
    const { errno } = error as { errno?: number };
    const isConnectionLost =
      classifyMysqlErrno({ errno: errno ?? null, sqlState: null }) === 'SOURCE_UNREACHABLE';
    if (query.isOptional && typeof errno === 'number' && errno > 0 && !isConnectionLost)
      return { errno, message: messageOf(error) };
    throw error;
  }
}

/** The rows of one query, as the server's text. */
export async function textRows(connection: Connection, sql: string): Promise<TextRow[]> {
  const [rows] = await connection.query<RowDataPacket[]>(sql);
  return rows as TextRow[];
}
