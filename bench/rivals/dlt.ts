import { type Rival, urlOf } from './rival.ts';
import { wheels } from './wheels.ts';

const files = wheels('dlt');

/** With the backend that is its fastest. */
export const dlt: Rival = {
  name: 'dlt',
  title: 'dlt, ConnectorX 0.4.6',
  version: '1.31.0',
  formats: ['parquet'],
  install: files.install,
  commands: (job) => [
    files.python('dlt-load.py', [urlOf(job), job.schema, job.folder, ...job.tables.map(({ name }) => name)]),
  ],
};
