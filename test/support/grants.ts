import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { ROOT } from './markdown.ts';

/**
 * `privileges ON place`, sorted; a schema of any name or pattern is `SCHEMA`, quotes and case do
 * not count.
 */
export function grantsIn(statements: readonly string[]): string[] {
  const found = statements.flatMap((statement) => {
    const [, privileges = '', place = ''] = /^GRANT (.+?) ON (\S+) TO /i.exec(statement.trim()) ?? [];
    // USAGE is no privilege.
    return privileges === '' || privileges.toUpperCase() === 'USAGE'
      ? []
      : privileges.split(/, */).map((privilege) => `${privilege.toUpperCase()} ON ${placeOf(place)}`);
  });
  return [...new Set(found)].sort();
}

function placeOf(place: string): string {
  const plain = place.replaceAll('`', '').toLowerCase();
  return plain === '*.*' || plain.startsWith('performance_schema.') ? plain : 'SCHEMA.*';
}

/** Those of docs/security.md. */
export function documentedGrants(): string[] {
  const page = readFileSync(join(ROOT, 'docs', 'security.md'), 'utf8');
  const [, block = ''] = /## The account at MySQL[\s\S]*?```sql\n([\s\S]*?)```/.exec(page) ?? [];
  return grantsIn(block.split('\n'));
}

/** Those that a server tells of whoever asks. */
export async function grantsOf(connection: Connection): Promise<string[]> {
  // With ANSI_QUOTES, which a server may give to every session, names stand in double quotes.
  await connection.query("SET SESSION sql_mode = ''");
  const [rows] = await connection.query<RowDataPacket[]>('SHOW GRANTS FOR CURRENT_USER()');
  return grantsIn(rows.map((row) => String(Object.values(row)[0])));
}
