import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDataprocStandIn } from '../../local/dataproc/stand-in.ts';
import { FaultRules } from '../../local/faults/fault-rules.ts';
import { createRemoteJobs } from '../../src/adapters/dataproc/remote-jobs.ts';
import { createBucket } from '../../src/adapters/gcs/bucket.ts';
import type { Bucket } from '../../src/pipeline/ports/bucket.ts';
import type { RemoteJobs } from '../../src/pipeline/ports/remote-jobs.ts';
import { stackEnv } from './stack-env.ts';
import { NO_RETRY } from './wait.ts';

const SPARK_SUBMIT = join(import.meta.dirname, '..', 'fixtures', 'spark-submit.sh');

/** A Dataproc stand-in of a test's own whose "Spark" is a shell script, and our adapter for it. */
export interface OwnDataproc {
  remoteJobs: RemoteJobs;
  bucket: Bucket;
  port: number;
  where: { projectId: string; region: string };
  cluster: string;
  faults: FaultRules;
  /** What the cluster says of itself. */
  setClusterState(state: string): void;
  /** Stops the stand-in, not its jobs, and starts it again on the same data. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function openDataproc({
  maxConcurrentJobs = 2,
  sparkSubmit = SPARK_SUBMIT,
  gcs = `http://${stackEnv()['GCS_API_ENDPOINT']}`,
} = {}): Promise<OwnDataproc> {
  const env = stackEnv();
  const dataDir = await mkdtemp(join(tmpdir(), 'adutora-dataproc-'));
  const place = {
    project: env['GOOGLE_CLOUD_PROJECT'] ?? '',
    region: env['DATAPROC_REGION'] ?? '',
    cluster: env['DATAPROC_CLUSTER'] ?? '',
  };
  const bucket = env['GCS_BUCKET'] ?? '';
  const faults = new FaultRules();
  let clusterState = 'RUNNING';
  const start = (port: number) =>
    startDataprocStandIn({
      ...place,
      port,
      dataDir,
      bucket,
      gcs,
      maxConcurrentJobs,
      sparkHome: '',
      javaHome: '',
      python: '',
      gcsConnector: '',
      master: 'local[1]',
      driverMemory: '1m',
      sparkSubmit,
      classArchive: null,
      javaOptions: '',
      faults,
      clusterState: () => clusterState,
    });
  let standIn = await start(0);
  const { port } = standIn;
  const settings = { projectId: place.project, region: place.region, cluster: place.cluster };
  const remoteJobs = createRemoteJobs({
    ...settings,
    apiEndpoint: `127.0.0.1:${port}`,
    retry: { ...NO_RETRY, retries: 3, minTimeout: 100, maxTimeout: 500 },
  });
  return {
    remoteJobs,
    bucket: createBucket({
      projectId: place.project,
      bucket,
      apiEndpoint: env['GCS_API_ENDPOINT'],
    }),
    port,
    where: { projectId: place.project, region: place.region },
    cluster: place.cluster,
    faults,
    setClusterState: (state) => {
      clusterState = state;
    },
    restart: async () => {
      await standIn.close();
      standIn = await start(port);
    },
    close: async () => {
      await remoteJobs.close();
      await standIn.close();
      await rm(dataDir, { recursive: true });
    },
  };
}
