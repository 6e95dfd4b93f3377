import { join } from 'node:path';
import { makeFolderOnce } from '../../local/tools/commands.ts';
import { unpackDebian } from '../../local/tools/debian.ts';
import type { Rival } from './rival.ts';
import { RIVALS_DIR, wheels } from './wheels.ts';

const files = wheels('airflow');
/** What mysqlclient is built with, and needs when it runs. */
const LIBRARY = join(RIVALS_DIR, 'mariadb');
const LIBRARIES = join(LIBRARY, 'usr', 'lib', 'x86_64-linux-gnu');

/**
 * `MySQLToGCSOperator` of Airflow's Google provider: its own query and its own files, which go to a
 * folder instead of a bucket. Neither the scheduler nor its database is in it.
 */
export const airflow: Rival = {
  name: 'airflow',
  title: 'Airflow, `MySQLToGCSOperator`',
  version: '22.8.0',
  formats: ['csv'],
  isSlow: true,
  async install() {
    await makeFolderOnce(LIBRARY, async (folder) => {
      for (const name of ['libmariadb-dev', 'libmariadb3']) await unpackDebian(name, folder);
    });
    await files.install({
      MYSQLCLIENT_CFLAGS: `-I${join(LIBRARY, 'usr', 'include', 'mariadb')}`,
      MYSQLCLIENT_LDFLAGS: `-L${LIBRARIES} -lmariadb`,
    });
  },
  commands: ({ port, user, password, schema, tables, folder }) => [
    files.python('airflow-load.py', [folder, ...tables.map(({ name }) => name)], {
      LD_LIBRARY_PATH: LIBRARIES,
      AIRFLOW_HOME: `${folder}/.airflow`,
      AIRFLOW__CORE__LOAD_EXAMPLES: 'false',
      AIRFLOW_CONN_BENCH: `mysql://${user}:${password}@127.0.0.1:${port}/${schema}`,
    }),
  ],
};
