import type { DatasetResource, JobResource, TableResource } from './resources.ts';

/** A dataset as the API shows it. */
export function datasetWire(project: string, dataset: DatasetResource): object {
  const { id, creationTime, lastModifiedTime, ...more } = dataset;
  const reference = { projectId: project, datasetId: id };
  return {
    kind: 'bigquery#dataset',
    id: `${project}:${id}`,
    datasetReference: reference,
    creationTime: String(creationTime),
    lastModifiedTime: String(lastModifiedTime),
    ...more,
  };
}

/** A table as the API shows it. */
export function tableWire(
  context: { project: string; location: string; rows: number },
  table: TableResource,
): object {
  const { dataset, id, schema, creationTime, lastModifiedTime, etag, ...others } = table;
  const { rowAccessPolicies, storage, rowsSince, snapshots, ...more } = others;
  return {
    kind: 'bigquery#table',
    id: `${context.project}:${dataset}.${id}`,
    tableReference: { projectId: context.project, datasetId: dataset, tableId: id },
    type: 'TABLE',
    schema: { fields: schema },
    numRows: String(context.rows),
    creationTime: String(creationTime),
    lastModifiedTime: String(lastModifiedTime),
    location: context.location,
    etag: String(etag),
    ...more,
  };
}

/** A job as the API shows it. */
export function jobWire(project: string, job: JobResource) {
  const time = (ms: number | undefined) => (ms === undefined ? undefined : String(ms));
  const { error } = job;
  return {
    kind: 'bigquery#job',
    id: `${project}:${job.location}.${job.id}`,
    jobReference: { projectId: project, jobId: job.id, location: job.location },
    configuration: { ...job.configuration, jobType: jobType(job) },
    status: { state: job.state, ...(error && { errorResult: error, errors: [error] }) },
    statistics: {
      creationTime: time(job.creationTime),
      startTime: time(job.startTime),
      endTime: time(job.endTime),
      ...job.statistics,
    },
  };
}

function jobType({ configuration }: JobResource): string {
  if ('load' in configuration) return 'LOAD';
  return 'copy' in configuration ? 'COPY' : 'QUERY';
}
