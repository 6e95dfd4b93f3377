import type { RowDataPacket } from 'mysql2/promise';
import type { Spec } from '../../pipeline/objects/index.ts';
import { leftBehind } from '../../pipeline/source/index.ts';
import { connect, type MysqlSettings } from './connection.ts';

/** Asked in passing: whoever looks for leftovers has other things to do. */
const TIMEOUT_MS = 10_000;

/**
 * Ends the statements of an attempt that MySQL still works on: a reader that has died leaves those
 * running that are silent. A user may end its own without a privilege. Gives how many; never
 * throws.
 */
export async function endStatements(settings: MysqlSettings, spec: Spec): Promise<number> {
  const connection = await connect({ ...settings, connectTimeoutMs: TIMEOUT_MS }).catch(() => null);
  if (!connection) return 0;
  connection.on('error', () => undefined);
  try {
    const [rows] = await connection.query<RowDataPacket[]>({
      sql: leftBehind.sql(spec),
      timeout: TIMEOUT_MS,
    });
    for (const id of leftBehind.read(rows)) await connection.query(`KILL QUERY ${id}`).catch(() => undefined);
    return rows.length;
  } catch {
    return 0;
  } finally {
    connection.destroy();
  }
}
