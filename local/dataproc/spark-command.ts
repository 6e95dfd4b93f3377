import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { WireJob } from './service.ts';

export interface SparkSettings {
  sparkHome: string;
  javaHome: string;
  python: string;
  gcsConnector: string;
  /** Address of the Cloud Storage stand-in. */
  gcs: string;
  project: string;
  master: string;
  driverMemory: string;
  /** Replaces spark-submit; for tests of the stand-in itself. */
  sparkSubmit: string | null;
  /** A JVM class archive that makes Spark start faster. */
  classArchive: string | null;
  /**
   * Options of the JVM that go beside its own, for jobs that end in seconds:
   * `-XX:TieredStopAtLevel=1`.
   */
  javaOptions: string;
}

/**
 * What makes gs:// work against the stand-in. `operation.move` is off because it has no such call
 * (measured).
 */
function storageProperties({ gcs, project }: SparkSettings): Record<string, string> {
  return {
    'spark.hadoop.fs.gs.impl': 'com.google.cloud.hadoop.fs.gcs.GoogleHadoopFileSystem',
    'spark.hadoop.fs.AbstractFileSystem.gs.impl': 'com.google.cloud.hadoop.fs.gcs.GoogleHadoopFS',
    'spark.hadoop.fs.gs.storage.root.url': `${gcs}/`,
    'spark.hadoop.fs.gs.storage.service.path': 'storage/v1/',
    'spark.hadoop.fs.gs.project.id': project,
    'spark.hadoop.fs.gs.auth.service.account.enable': 'false',
    'spark.hadoop.fs.gs.auth.null.enable': 'true',
    'spark.hadoop.fs.gs.operation.move.enable': 'false',
  };
}

const LOCAL_PROPERTIES = {
  'spark.ui.enabled': 'false',
  'spark.driver.host': '127.0.0.1',
  'spark.driver.bindAddress': '127.0.0.1',
};

function jvmProperties({ classArchive, javaOptions }: SparkSettings): Record<string, string> {
  // Spark splits this text as a shell would; a checkout may lie in a folder with a space.
  const archive = classArchive === null ? '' : ` "-XX:SharedArchiveFile=${classArchive}"`;
  const options = `-Duser.timezone=UTC -XX:+UseSerialGC ${javaOptions}`.trimEnd();
  return { 'spark.driver.extraJavaOptions': `${options}${archive}` };
}

/** Every gs:// address a job needs on disk. */
export function uris({ pysparkJob }: WireJob): string[] {
  return pysparkJob
    ? [
        pysparkJob.mainPythonFileUri,
        ...pysparkJob.pythonFileUris,
        ...pysparkJob.jarFileUris,
        ...pysparkJob.fileUris,
      ]
    : [];
}

/** Where a downloaded address lies in the job's folder. */
export function localPath(folder: string, uri: string): string {
  return join(folder, basename(uri));
}

/** The command line of a job; the job's own properties come last and so win. */
export function sparkCommand(job: WireJob, folder: string, settings: SparkSettings): string[] {
  const spark = job.pysparkJob;
  if (!spark) throw new Error('not a pyspark job');
  const local = (list: readonly string[]) => list.map((uri) => localPath(folder, uri)).join(',');
  const properties = {
    ...LOCAL_PROPERTIES,
    // Dataproc keeps event logs too; what must not stand in one is looked for here.
    'spark.eventLog.enabled': 'true',
    'spark.eventLog.dir': pathToFileURL(folder).href,
    ...jvmProperties(settings),
    ...storageProperties(settings),
    ...spark.properties,
  };
  return [
    settings.sparkSubmit ?? join(settings.sparkHome, 'bin', 'spark-submit'),
    ...['--master', settings.master, '--driver-memory', settings.driverMemory],
    ...Object.entries(properties).flatMap(([key, value]) => ['--conf', `${key}=${value}`]),
    ...['--jars', [settings.gcsConnector, local(spark.jarFileUris)].filter(Boolean).join(',')],
    ...(spark.pythonFileUris.length > 0 ? ['--py-files', local(spark.pythonFileUris)] : []),
    ...(spark.fileUris.length > 0 ? ['--files', local(spark.fileUris)] : []),
    localPath(folder, spark.mainPythonFileUri),
    ...spark.args,
  ];
}

export function sparkEnv({ sparkHome, javaHome, python, gcs }: SparkSettings): Record<string, string> {
  return {
    SPARK_HOME: sparkHome,
    JAVA_HOME: javaHome,
    PYSPARK_PYTHON: python,
    SPARK_LOCAL_IP: '127.0.0.1',
    STORAGE_EMULATOR_HOST: gcs,
  };
}
