import { status } from '@grpc/grpc-js';
import { invalid, notFound, RpcError } from './rpc-error.ts';
import type { WireJob } from './service.ts';

export interface Place {
  project: string;
  region: string;
  cluster: string;
}

const JOB_ID = /^[A-Za-z0-9_-]{1,100}$/;
const LABEL_KEY = /^[a-z][a-z0-9_-]{0,62}$/;
const LABEL_VALUE = /^[a-z0-9_-]{0,63}$/;
const MAX_LABELS = 32;
const MAX_REQUEST_ID = 40;
/** Fields of a job that this stand-in understands; anything else that is set is refused. */
const JOB_FIELDS = new Set([
  'reference',
  'placement',
  'pysparkJob',
  'labels',
  'typeJob',
  'status',
  'statusHistory',
  'yarnApplications',
  'done',
  'driverOutputResourceUri',
  'driverControlFilesUri',
  'jobUuid',
]);
const PYSPARK_FIELDS = new Set([
  'mainPythonFileUri',
  'args',
  'pythonFileUris',
  'jarFileUris',
  'fileUris',
  'archiveUris',
  'properties',
  'loggingConfig',
]);

/** Every call names project and region. */
export function checkPlace(request: { projectId: string; region: string }, place: Place): void {
  if (request.projectId !== place.project)
    throw new RpcError(status.PERMISSION_DENIED, `Project ${request.projectId} is not ${place.project}.`);
  if (request.region !== place.region) throw invalid(`Region ${request.region} is not ${place.region}.`);
}

/** What Dataproc documents about a submission. */
export function checkSubmission(job: WireJob, requestId: string, place: Place): void {
  if (requestId.length > MAX_REQUEST_ID) throw invalid(`request_id may have ${MAX_REQUEST_ID} characters.`);
  if (job.reference?.jobId && !JOB_ID.test(job.reference.jobId))
    throw invalid(`job_id ${job.reference.jobId} must match ${JOB_ID}.`);
  if (job.placement?.clusterName !== place.cluster)
    throw notFound(
      `Cluster projects/${place.project}/regions/${place.region}/clusters/${job.placement?.clusterName}`,
    );
  checkFields(job, JOB_FIELDS, 'job');
  if (!job.pysparkJob) throw invalid('The stand-in runs pyspark_job only.');
  checkFields(job.pysparkJob, PYSPARK_FIELDS, 'pyspark_job');
  if (!job.pysparkJob.mainPythonFileUri.startsWith('gs://'))
    throw invalid('main_python_file_uri must be a gs:// address.');
  checkLabels(job.labels);
}

export function checkLabels(labels: Record<string, string>): void {
  if (Object.keys(labels).length > MAX_LABELS) throw invalid(`No more than ${MAX_LABELS} labels.`);
  for (const [key, value] of Object.entries(labels)) {
    if (!LABEL_KEY.test(key) || !LABEL_VALUE.test(value))
      throw invalid(`Label ${key}=${value} is not allowed.`);
  }
}

function checkFields(object: object, known: ReadonlySet<string>, what: string): void {
  const unknown = Object.entries(object).filter(([key, value]) => !known.has(key) && isSet(value));
  if (unknown.length > 0)
    throw invalid(`The stand-in does not know ${what}.${unknown.map(([key]) => key).join(', ')}.`);
}

function isSet(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === 0 || value === false) return false;
  return typeof value === 'object' ? Object.keys(value).length > 0 : true;
}

/** A list filter such as `labels.run = x AND status.state = ACTIVE`, as a test of one job. */
export function parseFilter(filter: string): (job: WireJob) => boolean {
  if (filter.trim() === '') return () => true;
  const terms = filter.split(/\s+AND\s+/).map((term) => {
    const match = /^\s*(labels\.[a-z0-9_-]+|status\.state|clusterName)\s*[=:]\s*(\S+)\s*$/.exec(term);
    if (!match?.[1] || !match[2]) throw invalid(`The stand-in does not understand the filter: ${term}`);
    return { field: match[1], value: match[2].replaceAll('"', '') };
  });
  return (job) => terms.every(({ field, value }) => matches(job, field, value));
}

function matches(job: WireJob, field: string, value: string): boolean {
  if (field === 'clusterName') return job.placement.clusterName === value;
  if (field !== 'status.state')
    return (
      job.labels[field.slice('labels.'.length)] === value ||
      (value === '*' && field.slice('labels.'.length) in job.labels)
    );
  if (value === 'ACTIVE') return !job.done;
  return value === 'NON_ACTIVE' ? job.done : job.status.state === value;
}
