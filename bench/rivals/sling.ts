import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { type Rival, urlOf } from './rival.ts';
import { wheels } from './wheels.ts';

const files = wheels('sling');
const BINARY = join(files.folder, 'sling_linux_amd64', 'bin', 'sling-linux-amd64');

/** The last version whose binary is in a wheel; later ones fetch it when they first run. */
export const sling: Rival = {
  name: 'sling',
  title: 'sling',
  version: '1.4.11',
  formats: ['csv'],
  isSlow: true,
  async install() {
    await files.install();
    await chmod(BINARY, 0o755);
  },
  commands: (job) => {
    const streams = Object.fromEntries(
      job.tables.map(({ name }) => [`${job.schema}.${name}`, { object: `file://${job.folder}/${name}.csv` }]),
    );
    const replication = {
      ...{ source: 'SOURCE', target: 'LOCAL' },
      ...{ defaults: { mode: 'full-refresh' }, streams },
    };
    return [
      {
        program: BINARY,
        args: ['run', '-r', JSON.stringify(replication)],
        env: {
          SOURCE: urlOf(job),
          SLING_HOME_DIR: join(job.folder, '.sling'),
          SLING_DISABLE_TELEMETRY: 'true',
        },
      },
    ];
  },
};
