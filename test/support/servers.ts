import { StackError } from '../../local/component.ts';
import { MARIADB_10_11, MARIADB_11_8 } from '../../local/mariadb/mariadb.ts';
import { MYSQL_9_7 } from '../../local/mysql/debian.ts';
import { MYSQL_8_0, type ServerKind } from '../../local/mysql/mysql.ts';
import { run } from '../../local/tools/commands.ts';

/** The servers that the deep suites know, by the names of docs/servers.md. */
export const SERVERS = {
  'mysql-8.0': MYSQL_8_0,
  'mysql-9.7': MYSQL_9_7,
  'mariadb-10.11': MARIADB_10_11,
  'mariadb-11.8': MARIADB_11_8,
} as const satisfies Record<string, ServerKind>;
export type ServerName = keyof typeof SERVERS;

/** A server that is installed. `label` is what a test's title says: `MySQL 9.7.4`. */
export interface FoundServer {
  name: ServerName;
  kind: ServerKind;
  label: string;
  isMissing: boolean;
}

/**
 * Installs a server and asks it for its version. One that cannot be had is no failure: its tests
 * are skipped, and `label` says why.
 */
export async function findServer(name: ServerName): Promise<FoundServer> {
  const kind: ServerKind = SERVERS[name];
  const product = kind.name === 'mariadb' ? 'MariaDB' : 'MySQL';
  const found = { name, kind };
  try {
    await kind.install();
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
    const label = `${product} ${kind.version} (not tried: ${error.message})`;
    return { ...found, label, isMissing: true };
  }
  const version = await versionOf(kind);
  const isOther = !version.startsWith(`${kind.version}.`) && version !== kind.version;
  const note = isOther ? `, where ${kind.version} was looked for` : '';
  return { ...found, label: `${product} ${version}${note}`, isMissing: false };
}

async function versionOf(kind: ServerKind): Promise<string> {
  const [program = '', ...words] = kind.command();
  const said = await run(program, [...words, '--no-defaults', '--version'], { hint: '', env: kind.env });
  return /Ver ([\d.]+)/.exec(said)?.[1] ?? said.trim();
}
