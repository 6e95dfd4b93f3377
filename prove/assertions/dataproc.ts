import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { INSTALL_DIR } from '../../local/tools/paths.ts';
import { fetchDriverJar } from '../../src/engines/dataproc/driver-jar.ts';
import type { Assertion } from '../assertion.ts';
import type { ProveContext } from '../context.ts';
import type { DataprocJob, Submission } from '../tools/dataproc.ts';
import { Disproved, expectRefused, expectSame, expectTrue, Undecided } from '../verdict.ts';

const PROBE = join(import.meta.dirname, '..', 'probe', 'adutora_probe.py');
const PROBE_LINE = /^adutora-probe (\{.*\})$/m;
const DRIVER_CLASS = 'com.mysql.cj.jdbc.Driver';
const COMMITTER = 'spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version';
const ALREADY_EXISTS = 6;
const NOT_FOUND = 5;

/** What the probe says about the cluster. */
interface Found {
  python: string;
  pyspark: string;
  java: string;
  replace: string;
  driver: string;
  committer: string | null;
  executor_python: string;
  mysql_from_executor: string | null;
  driver_scopes: string[] | null;
  executor_scopes: string[] | null;
}

interface Probe {
  submission: Submission;
  submitted: DataprocJob;
  /** Answers to a repeated request and to a taken id, while the job was young. */
  repeated: DataprocJob;
  refusal: string;
  job: DataprocJob;
  output: Record<string, string>;
  found: Found;
}

/** One PySpark job a run: it is asked about while it is young, and again when it has ended. */
const probe = (context: ProveContext) => context.once('probe', () => runProbe(context));

async function runProbe(context: ProveContext): Promise<Probe> {
  const { objects } = context;
  const dataproc = context.dataproc();
  const submission = await makeSubmission(context);
  const submitted = await dataproc.submit(submission);
  const repeated = await dataproc.submit(submission);
  const refusal = await expectRefused([ALREADY_EXISTS], () =>
    dataproc.submit({ ...submission, requestId: dataproc.newId() }),
  );
  const job = await dataproc.finish(submission.jobId);
  const output = await objects.readAll(job.driverOutputResourceUri ?? '');
  const found = PROBE_LINE.exec(Object.values(output).join(''))?.[1];
  if (!found)
    throw new Error(`the probe ended as ${job.status?.state} without its line: ${job.status?.details}`);
  return { submission, submitted, repeated, refusal, job, output, found: JSON.parse(found) as Found };
}

async function makeSubmission(context: ProveContext): Promise<Submission> {
  const { objects, target, isLocal } = context;
  const dataproc = context.dataproc();
  const jar = target.driverJar ?? (await fetchDriverJar(join(INSTALL_DIR, 'm2')));
  const mysql = target.mysql ? `${target.mysql.host}:${target.mysql.port}` : '-';
  return {
    jobId: dataproc.newId(),
    requestId: dataproc.newId(),
    mainUri: await objects.put(await readFile(PROBE), 'py'),
    jarUris: [await objects.put(await readFile(jar), 'jar')],
    args: [DRIVER_CLASS, mysql, isLocal ? 'no' : 'yes'],
    properties: { [COMMITTER]: '1' },
    labels: { attempt: 'a1' },
  };
}

async function identity(context: ProveContext): Promise<string> {
  const { submitted, repeated } = await probe(context);
  expectTrue(Boolean(submitted.jobUuid), 'the job has no uuid');
  expectSame(
    [repeated.reference?.jobId, repeated.jobUuid],
    [submitted.reference?.jobId, submitted.jobUuid],
    'job of the repeated request',
  );
  return `${submitted.reference?.jobId}, uuid ${submitted.jobUuid}`;
}

async function idsStayTaken(context: ProveContext): Promise<string> {
  const dataproc = context.dataproc();
  const { submission, job } = await probe(context);
  const again = () => dataproc.submit({ ...submission, requestId: dataproc.newId() });
  return `${job.status?.state}, then ${await expectRefused([ALREADY_EXISTS], again)}`;
}

async function outputChunks(context: ProveContext): Promise<string> {
  const { job, output } = await probe(context);
  const names = Object.keys(output);
  const prefix = (job.driverOutputResourceUri ?? '').replace(/^gs:\/\/[^/]+\//, '');
  const expected = names.map((_, index) => `${prefix}.${String(index).padStart(9, '0')}`);
  expectSame(names, expected, 'objects of the driver output');
  return `${names.length} chunk(s): ${names[0]?.slice(prefix.lastIndexOf('/') + 1)}`;
}

async function scopes(context: ProveContext): Promise<string> {
  const { found } = await probe(context);
  const wanted = 'https://www.googleapis.com/auth/cloud-platform';
  for (const who of ['driver_scopes', 'executor_scopes'] as const)
    expectTrue(found[who]?.includes(wanted) === true, `${who}: ${found[who]?.join(' ')}`);
  return 'cloud-platform on driver and executor';
}

/** A fact of the probe's that must look like this. */
const fact = (name: 'python' | 'pyspark' | 'java' | 'driver' | 'executor_python', pattern: RegExp) => {
  return async (context: ProveContext) => {
    const value = (await probe(context)).found[name];
    if (!pattern.test(value)) throw new Disproved(`${name} is ${value}, expected ${pattern}`);
    return value;
  };
};

const JOBS: readonly Assertion[] = [
  {
    id: 63,
    title: 'GetJob of an id that was never used is NOT_FOUND',
    unproven: [9],
    needsGoogle: null,
    check: async (context) => {
      const dataproc = context.dataproc();
      return expectRefused([NOT_FOUND], () => dataproc.get(dataproc.newId()));
    },
  },
  {
    id: 64,
    title: 'The same request again gives the same job, not ALREADY_EXISTS',
    unproven: [9],
    needsGoogle: null,
    check: identity,
  },
  {
    id: 65,
    title: 'A taken job id answers ALREADY_EXISTS while the job is active',
    unproven: [9],
    needsGoogle: null,
    check: async (context) => (await probe(context)).refusal,
  },
  {
    id: 66,
    title: 'A job id stays taken after the end',
    unproven: [9],
    needsGoogle: null,
    check: idsStayTaken,
  },
  {
    id: 67,
    title: 'driverOutputResourceUri is a prefix of chunks that are numbered with nine digits from 0',
    unproven: [9],
    needsGoogle: null,
    check: outputChunks,
  },
  {
    id: 68,
    title: 'A Dataproc job tells the labels that it was given',
    unproven: [20],
    needsGoogle: null,
    check: async (context) => {
      const { labels } = (await probe(context)).job;
      // Dataproc adds labels of its own.
      expectSame(labels?.['attempt'], 'a1', 'label attempt');
      return JSON.stringify(labels);
    },
  },
];

const CLUSTER: readonly Assertion[] = [
  {
    id: 69,
    title: 'The cluster runs, with image 2.2 or 2.3',
    unproven: [10],
    needsGoogle: null,
    check: async (context) => {
      const { status, config } = await context.dataproc().cluster();
      const image = config?.softwareConfig?.imageVersion ?? '';
      expectTrue(status?.state === 'RUNNING' && /^2\.[23]/.test(image), `${status?.state}, image ${image}`);
      return image;
    },
  },
  { id: 70, title: 'Python is 3.11', unproven: [10], needsGoogle: null, check: fact('python', /^3\.11\./) },
  {
    id: 71,
    title: 'Python of the executors is 3.11',
    unproven: [10],
    needsGoogle: null,
    check: fact('executor_python', /^3\.11\./),
  },
  { id: 72, title: 'PySpark is 3.5', unproven: [10], needsGoogle: null, check: fact('pyspark', /^3\.5\./) },
  { id: 73, title: 'Java is 11 or 17', unproven: [10], needsGoogle: null, check: fact('java', /^(11|17)\./) },
  {
    id: 74,
    title: 'functions.replace takes columns',
    unproven: [10],
    needsGoogle: null,
    check: async (context) => {
      const { found } = await probe(context);
      expectSame(found.replace, 'say ""x""', 'replaced');
      return found.replace;
    },
  },
  {
    id: 75,
    title: "DriverRegistry loads the driver of jarFileUris in the driver's JVM",
    unproven: [10, 12],
    needsGoogle: null,
    check: fact('driver', /^com\.mysql\.cj\.jdbc\.Driver$|DriverWrapper$/),
  },
  {
    id: 76,
    title: "The job's property wins over the image's file output committer",
    unproven: [11],
    needsGoogle: null,
    check: async (context) => {
      expectSame((await probe(context)).found.committer, '1', 'algorithm.version');
      return 'algorithm.version 1';
    },
  },
  {
    id: 77,
    title: 'Executors reach MySQL',
    unproven: [10],
    needsGoogle: null,
    check: async (context) => {
      if (!context.target.mysql) throw new Undecided('no --mysql was given');
      expectSame((await probe(context)).found.mysql_from_executor, 'reached', 'from an executor');
      return 'a connection from an executor';
    },
  },
  {
    id: 78,
    title: 'The metadata server gives driver and executors a token of scope cloud-platform',
    unproven: [10, 13],
    needsGoogle: 'there is no metadata server outside Google',
    check: scopes,
  },
];

export const DATAPROC: readonly Assertion[] = [...JOBS, ...CLUSTER];
