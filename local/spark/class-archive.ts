import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PYTHON, pythonEnv } from '../python/python.ts';
import { run } from '../tools/commands.ts';
import { INSTALL_DIR, SPARK_HOME } from '../tools/paths.ts';
import { findJava } from './java.ts';

/**
 * Spark's classes as the JVM wants them in memory: a submission starts in 3.8 s instead of 6.2 s
 * (measured, docs/decisions/0006).
 */
export const CLASS_ARCHIVE = join(INSTALL_DIR, 'spark-classes.jsa');

/**
 * A job that touches what every load touches: a text file written from rows that Spark computed.
 */
const WARM_UP = `import sys
from pyspark.sql import SparkSession, functions as F
spark = SparkSession.builder.getOrCreate()
rows = spark.range(1000).select(F.concat_ws(',', F.col('id').cast('string'), F.lit('x')).alias('value'))
rows.write.mode('overwrite').text(sys.argv[1])
print(spark.read.text(sys.argv[1]).count())
`;

/**
 * Makes the archive once, by one run of Spark. A JVM that it does not fit leaves it aside by
 * itself.
 */
export async function makeClassArchive(): Promise<void> {
  if (existsSync(CLASS_ARCHIVE)) return;
  const folder = await mkdtemp(join(tmpdir(), 'adutora-spark-'));
  const partial = join(folder, 'classes.jsa');
  await writeFile(join(folder, 'warm-up.py'), WARM_UP);
  const properties = {
    'spark.ui.enabled': 'false',
    'spark.driver.host': '127.0.0.1',
    'spark.driver.bindAddress': '127.0.0.1',
    'spark.driver.extraJavaOptions': `-XX:+UseSerialGC -XX:ArchiveClassesAtExit=${partial}`,
  };
  const confs = Object.entries(properties).flatMap(([key, value]) => ['--conf', `${key}=${value}`]);
  await run(
    join(SPARK_HOME, 'bin', 'spark-submit'),
    ['--master', 'local[2]', ...confs, join(folder, 'warm-up.py'), `file://${folder}/rows`],
    {
      hint: 'Spark does not run here; see the message.',
      cwd: folder,
      env: {
        ...pythonEnv(),
        SPARK_HOME,
        JAVA_HOME: await findJava(),
        PYSPARK_PYTHON: PYTHON,
        SPARK_LOCAL_IP: '127.0.0.1',
      },
    },
  );
  await rename(partial, `${CLASS_ARCHIVE}.partial`).catch(() =>
    run('cp', [partial, `${CLASS_ARCHIVE}.partial`], { hint: 'See the message.' }),
  );
  await rename(`${CLASS_ARCHIVE}.partial`, CLASS_ARCHIVE);
  await rm(folder, { recursive: true });
}
