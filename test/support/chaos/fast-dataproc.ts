import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startDataprocStandIn } from '../../../local/dataproc/stand-in.ts';
import { FaultRules } from '../../../local/faults/fault-rules.ts';
import type { FastSpark } from './fast-spark.ts';

/** A Dataproc stand-in whose jobs are the fast Spark's. */
export async function startFastDataproc(input: {
  stackEnv: Record<string, string>;
  folder: string;
  spark: FastSpark;
}): Promise<{ port: number; faults: FaultRules; close(): Promise<void> }> {
  const { stackEnv, folder, spark } = input;
  const dataDir = join(folder, 'dataproc');
  mkdirSync(dataDir, { recursive: true });
  const faults = new FaultRules();
  const standIn = await startDataprocStandIn({
    project: stackEnv['GOOGLE_CLOUD_PROJECT'] ?? '',
    region: stackEnv['DATAPROC_REGION'] ?? '',
    cluster: stackEnv['DATAPROC_CLUSTER'] ?? '',
    bucket: stackEnv['GCS_BUCKET'] ?? '',
    gcs: `http://${stackEnv['GCS_API_ENDPOINT']}`,
    ...{ port: 0, dataDir, maxConcurrentJobs: 16, faults },
    ...{ sparkHome: '', javaHome: '', python: '', gcsConnector: '', classArchive: null, javaOptions: '' },
    ...{ master: 'local[1]', driverMemory: '1m', sparkSubmit: spark.command },
  });
  return { ...standIn, faults };
}
