import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDataprocStandIn } from '../../local/dataproc/stand-in.ts';
import { PYTHON, pythonEnv } from '../../local/python/python.ts';
import { CLASS_ARCHIVE } from '../../local/spark/class-archive.ts';
import { findJava } from '../../local/spark/java.ts';
import { ARTIFACTS, artifactPath } from '../../local/tools/maven.ts';
import { SPARK_HOME } from '../../local/tools/paths.ts';
import { BRIEF_JOBS } from './brief-jobs.ts';
import { stackAuthority, stackEnv } from './stack-env.ts';

/** A host name that only Spark's JVM can resolve: for this process there is no such host. */
export const CLUSTER_ONLY_HOST = 'mysql.only-for-the-cluster.invalid';

/**
 * A Dataproc stand-in of a test's own, with the real Spark, on a "network" in which
 * `CLUSTER_ONLY_HOST` is the stack's MySQL. `env` holds the settings that point Adutora at both.
 */
export async function openClusterNetwork(): Promise<{ env: Record<string, string>; close(): Promise<void> }> {
  const env = stackEnv();
  const dataDir = await mkdtemp(join(tmpdir(), 'adutora-cluster-'));
  const hosts = join(dataDir, 'hosts');
  await writeFile(hosts, `127.0.0.1 localhost ${hostname()} ${CLUSTER_ONLY_HOST}\n`);
  const authority = join(dataDir, 'ca.pem');
  await writeFile(authority, await stackAuthority());
  // Spark's process inherits them from this one, which starts it.
  Object.assign(process.env, pythonEnv(), {
    MYSQL_PASSWORD: env['MYSQL_PASSWORD'],
    JAVA_TOOL_OPTIONS: `-Djdk.net.hosts.file=${hosts}`,
  });
  const standIn = await startDataprocStandIn({
    project: env['GOOGLE_CLOUD_PROJECT'] ?? '',
    region: env['DATAPROC_REGION'] ?? '',
    cluster: env['DATAPROC_CLUSTER'] ?? '',
    port: 0,
    dataDir,
    bucket: env['GCS_BUCKET'] ?? '',
    gcs: `http://${env['GCS_API_ENDPOINT']}`,
    maxConcurrentJobs: 2,
    sparkHome: SPARK_HOME,
    javaHome: await findJava(),
    python: PYTHON,
    gcsConnector: artifactPath(ARTIFACTS.gcsConnector),
    master: 'local[2]',
    driverMemory: '768m',
    sparkSubmit: null,
    classArchive: CLASS_ARCHIVE,
    javaOptions: BRIEF_JOBS,
  });
  return {
    env: {
      VERIFY_RUNNER: 'dataproc',
      MYSQL_HOST: CLUSTER_ONLY_HOST,
      MYSQL_TLS: 'verify-ca',
      MYSQL_TLS_CA: authority,
      DATAPROC_API_ENDPOINT: `127.0.0.1:${standIn.port}`,
    },
    close: async () => {
      await standIn.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
