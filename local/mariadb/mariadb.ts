import type { ServerKind } from '../mysql/mysql.ts';
import type { DebianPackage } from '../tools/debian-suite.ts';
import { baseArgs, copyTemplate, installMariadb, mariadbCommand } from './install.ts';

/** The MariaDB of Debian 12. */
export const MARIADB_10_11 = ofDebian('10.11', { suite: 'bookworm', name: 'mariadb-server-core' });
/** The MariaDB of Debian 13. */
export const MARIADB_11_8 = ofDebian('11.8', { suite: 'trixie', name: 'mariadb-server-core' });

function ofDebian(version: string, release: DebianPackage): ServerKind {
  return {
    name: 'mariadb',
    version,
    install: () => installMariadb(release),
    command: () => mariadbCommand(release),
    baseArgs: (folder) => baseArgs(release, folder),
    copyTemplate: (folder) => copyTemplate(release, folder),
    env: {},
    options: ['--innodb-buffer-pool-size=128M'],
  };
}
