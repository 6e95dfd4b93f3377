import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { PYTHON, pythonEnv } from '../../local/python/python.ts';
import { findJava } from '../../local/spark/java.ts';
import { ARTIFACTS, artifactPath } from '../../local/tools/maven.ts';
import { SPARK_HOME } from '../../local/tools/paths.ts';
import { ROOT } from './markdown.ts';

/**
 * What a script of `test/spark` prints behind `outcomes`, run by a real spark-submit with `input`
 * as its argument.
 */
export async function outcomesOnSpark<T>(
  script: string,
  input: unknown,
  { master, env }: { master: string; env: Record<string, string> },
): Promise<T> {
  const cwd = await mkdtemp(join(tmpdir(), 'adutora-driver-'));
  onTestFinished(() => rm(cwd, { recursive: true }));
  const conf = {
    'spark.ui.enabled': 'false',
    'spark.driver.host': '127.0.0.1',
    'spark.driver.bindAddress': '127.0.0.1',
  };
  const running = promisify(execFile)(
    join(SPARK_HOME, 'bin', 'spark-submit'),
    [
      ...['--master', master, '--driver-memory', '512m'],
      ...Object.entries(conf).flatMap(([key, value]) => ['--conf', `${key}=${value}`]),
      ...['--jars', artifactPath(ARTIFACTS.mysqlDriver)],
      join(ROOT, 'test', 'spark', script),
      JSON.stringify(input),
    ],
    {
      cwd,
      maxBuffer: 64 * 1024 ** 2,
      env: {
        ...process.env,
        ...pythonEnv(),
        SPARK_HOME,
        SPARK_LOCAL_IP: '127.0.0.1',
        SPARK_WORKER_DIR: join(cwd, 'worker'),
        JAVA_HOME: await findJava(),
        PYSPARK_PYTHON: PYTHON,
        PYTHONPATH: [pythonEnv()['PYTHONPATH'], join(ROOT, 'spark')].filter(Boolean).join(':'),
        ...env,
      },
    },
  );
  // Python's own words come on standard output, Spark's on the other.
  const { stdout } = await running.catch((error: { stdout?: string }) => ({ stdout: `${error.stdout}` }));
  const outcomes = /^outcomes (.*)$/m.exec(stdout)?.[1];
  if (outcomes === undefined) throw new Error(`no outcomes: ${stdout.slice(-2_000)}`);
  return JSON.parse(outcomes);
}
