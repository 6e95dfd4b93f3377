import { join } from 'node:path';
import { INSTALL_DIR } from '../../local/tools/paths.ts';
import { VERSION } from '../../src/pipeline/names/index.ts';
import type { Rival } from './rival.ts';

/** The direct engine's reading: rows as the lines of a stage, into files instead of a bucket. */
export const adutora: Rival = {
  name: 'adutora',
  title: 'Adutora, direct engine',
  version: VERSION,
  formats: ['csv'],
  hasNoHeader: true,
  install: async () => undefined,
  commands: ({ port, user, password, schema, tables, folder }) => [
    {
      program: process.execPath,
      args: [
        ...['--max-semi-space-size=4', '--heap-growing-percent=30', join(import.meta.dirname, 'stage.ts')],
        ...[String(port), user, schema, folder, ...tables.map(({ name }) => name)],
      ],
      // The others come compiled too.
      env: { BENCH_PASSWORD: password, NODE_COMPILE_CACHE: join(INSTALL_DIR, 'compiled') },
    },
  ],
};
