import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Job, type JobTable, type Rival, urlOf } from './rival.ts';
import { wheels } from './wheels.ts';

const files = wheels('rivet');

/** Its own fastest settings: `environment: local` does not pause between batches. */
export const rivet: Rival = {
  name: 'rivet',
  title: 'Rivet, `environment: local`',
  version: '0.32.2',
  formats: ['parquet', 'csv'],
  install: files.install,
  async commands(job) {
    const file = join(job.folder, 'rivet.yaml');
    await writeFile(file, configOf(job));
    return [{ program: join(files.folder, 'bin', 'rivet'), args: ['run', '-c', file] }];
  },
};

function configOf(job: Job): string {
  const source = [
    'source:',
    '  type: mysql',
    `  url: ${urlOf(job)}`,
    '  environment: local',
    '  tuning:',
    '    statement_timeout_s: 0',
    'exports:',
  ];
  return `${[...source, ...job.tables.flatMap((table) => exportOf(job, table))].join('\n')}\n`;
}

function exportOf({ format, folder }: Job, { name, decimals }: JobTable): string[] {
  const types = Object.entries(decimals).map(([column, type]) => `      ${column}: ${type}`);
  return [
    `  - name: ${name}`,
    `    table: ${name}`,
    '    mode: full',
    `    format: ${format}`,
    `    compression: ${format === 'parquet' ? 'snappy' : 'none'}`,
    '    destination:',
    '      type: local',
    `      path: ${folder}/data/${name}/`,
    ...(types.length > 0 ? ['    columns:', ...types] : []),
  ];
}
