import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { acceptsConnections, type Component, type Place, startProcess } from '../component.ts';
import { PYTHON, pythonEnv } from '../python/python.ts';
import { CLASS_ARCHIVE } from '../spark/class-archive.ts';
import { ROOT, SPARK_HOME } from '../tools/paths.ts';
import type { Ports } from '../tools/ports.ts';
import type { Installed } from './install-all.ts';
import { PLACE } from './stack-env.ts';

/** The BigQuery stand-in as a process of its own. */
export function startBigQuery({ dataDir, logDir, env, ports }: Place & { ports: Ports }): Promise<Component> {
  const data = join(dataDir, 'bigquery');
  mkdirSync(data, { recursive: true });
  const address = `http://127.0.0.1:${ports.bigquery}`;
  const flags = {
    port: String(ports.bigquery),
    data,
    gcs: `http://127.0.0.1:${ports.gcs}`,
    project: PLACE.project,
  };
  return startProcess({
    name: 'bigquery',
    version: 'stand-in on DuckDB',
    address,
    command: process.execPath,
    args: [join(ROOT, 'local', 'bigquery', 'main.ts'), ...flagArgs(flags)],
    env,
    logDir,
    isReady: () =>
      fetch(`${address}/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
  });
}

/**
 * The Dataproc stand-in. Only its environment holds the reader's password: Spark reads it from the
 * variable the spec names.
 */
export function startDataproc(
  input: Place & { ports: Ports; installed: Installed; secrets: Record<string, string>; javaOptions: string },
): Promise<Component> {
  const { logDir, ports, installed } = input;
  const data = join(input.dataDir, 'dataproc');
  mkdirSync(data, { recursive: true });
  const flags = {
    port: String(ports.dataproc),
    data,
    gcs: `http://127.0.0.1:${ports.gcs}`,
    ...PLACE,
    'spark-home': SPARK_HOME,
    'java-home': installed.javaHome,
    python: PYTHON,
    'gcs-connector': installed.gcsConnector,
    'max-concurrent-jobs': '2',
    'class-archive': CLASS_ARCHIVE,
    ...(input.javaOptions && { 'java-options': input.javaOptions }),
  };
  return startProcess({
    name: 'dataproc',
    version: 'stand-in on Spark 3.5.8',
    address: `127.0.0.1:${ports.dataproc}`,
    command: process.execPath,
    args: [join(ROOT, 'local', 'dataproc', 'main.ts'), ...flagArgs(flags)],
    env: { ...input.env, ...pythonEnv(), ...input.secrets },
    logDir,
    isReady: () => acceptsConnections(ports.dataproc),
  });
}

function flagArgs(flags: Record<string, string>): string[] {
  return Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
}
