import { parseArgs } from 'node:util';
import { startDataprocStandIn } from './stand-in.ts';

const FLAGS = [
  'port',
  'data',
  'gcs',
  'bucket',
  'project',
  'region',
  'cluster',
  'spark-home',
  'java-home',
  'python',
  'gcs-connector',
  'max-concurrent-jobs',
  'spark-submit',
  'master',
  'driver-memory',
  'class-archive',
  'java-options',
] as const;

const { values } = parseArgs({
  options: Object.fromEntries(FLAGS.map((flag) => [flag, { type: 'string' as const }])),
});
const flag = (name: (typeof FLAGS)[number], fallback?: string): string => {
  const value = values[name] ?? fallback;
  if (typeof value !== 'string') throw new Error(`--${name} is missing`);
  return value;
};

const standIn = await startDataprocStandIn({
  port: Number(flag('port')),
  dataDir: flag('data'),
  gcs: flag('gcs'),
  bucket: flag('bucket'),
  project: flag('project'),
  region: flag('region'),
  cluster: flag('cluster'),
  sparkHome: flag('spark-home'),
  javaHome: flag('java-home'),
  python: flag('python'),
  gcsConnector: flag('gcs-connector'),
  maxConcurrentJobs: Number(flag('max-concurrent-jobs', '2')),
  master: flag('master', 'local[2]'),
  driverMemory: flag('driver-memory', '768m'),
  sparkSubmit: flag('spark-submit', '') || null,
  classArchive: flag('class-archive', '') || null,
  javaOptions: flag('java-options', ''),
});
process.stdout.write(`ready 127.0.0.1:${standIn.port}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => standIn.close().then(() => process.exit(0)));
