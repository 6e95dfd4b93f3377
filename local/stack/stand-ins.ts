import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { acceptsConnections, type Component, startProcess } from '../component.ts';
import { PYTHON, pythonEnv } from '../python/python.ts';
import type { Installed } from './install-all.ts';
import { ROOT, SPARK_HOME } from './paths.ts';

interface Common {
  dataDir: string;
  logDir: string;
  ports: { gcs: number; bigquery: number; dataproc: number };
  project: string;
}

/** The BigQuery stand-in as a process of its own. */
export function startBigQuery({ dataDir, logDir, ports, project }: Common): Promise<Component> {
  const data = join(dataDir, 'bigquery');
  mkdirSync(data, { recursive: true });
  const address = `http://127.0.0.1:${ports.bigquery}`;
  return startProcess({
    name: 'bigquery',
    version: 'stand-in on DuckDB 1.5.6',
    address,
    command: process.execPath,
    args: [
      join(ROOT, 'local', 'bigquery', 'main.ts'),
      '--port',
      String(ports.bigquery),
      '--data',
      data,
      '--gcs',
      `http://127.0.0.1:${ports.gcs}`,
      '--project',
      project,
    ],
    logDir,
    isReady: () =>
      fetch(`${address}/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
  });
}

/** The Dataproc stand-in. Only its environment holds the reader's password: Spark reads it from the variable the spec names. */
export function startDataproc(
  input: Common & { installed: Installed; password: string; region: string; cluster: string; bucket: string },
): Promise<Component> {
  const { dataDir, logDir, ports, installed } = input;
  const data = join(dataDir, 'dataproc');
  mkdirSync(data, { recursive: true });
  const flags = {
    port: String(ports.dataproc),
    data,
    gcs: `http://127.0.0.1:${ports.gcs}`,
    bucket: input.bucket,
    project: input.project,
    region: input.region,
    cluster: input.cluster,
    'spark-home': SPARK_HOME,
    'java-home': installed.javaHome,
    python: PYTHON,
    'gcs-connector': installed.gcsConnector,
    'max-concurrent-jobs': '2',
  };
  return startProcess({
    name: 'dataproc',
    version: 'stand-in running Spark 3.5.8',
    address: `127.0.0.1:${ports.dataproc}`,
    command: process.execPath,
    args: [
      join(ROOT, 'local', 'dataproc', 'main.ts'),
      ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]),
    ],
    env: { MYSQL_PASSWORD: input.password, ...pythonEnv() },
    logDir,
    isReady: () => acceptsConnections(ports.dataproc),
  });
}
