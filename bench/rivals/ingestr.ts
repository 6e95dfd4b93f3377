import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StackError } from '../../local/component.ts';
import { run } from '../../local/tools/commands.ts';
import { type Rival, urlOf } from './rival.ts';
import { RIVALS_DIR } from './wheels.ts';

const BINARY = join(RIVALS_DIR, 'ingestr');
const COMMIT = 'a5be6722576af7498c083a139f532d28e3486736';
const HINT = `No registry has its binary. Fetch its source, of commit ${COMMIT} (1.1.24 and a little), and name the folder: INGESTR_SOURCE=FOLDER; Go 1.26 builds it.`;
/** What the job needs of its many sources and destinations: the same code, much faster built. */
const KEPT = /"[^"]*(source\/mysql|destination\/(csv|parquet))"/;

export const ingestr: Rival = {
  name: 'ingestr',
  title: 'ingestr',
  version: '1.1.24+',
  formats: ['parquet', 'csv'],
  install,
  /** It reads one table a process. */
  commands: (job) =>
    job.tables.map(({ name }) => ({
      program: BINARY,
      args: [
        ...['ingest', '--yes', '--progress', 'log', '--no-load-timestamp'],
        ...['--source-uri', urlOf(job), '--source-table', `${job.schema}.${name}`],
        ...['--dest-uri', `${job.format}://${job.folder}/${name}.${job.format}`, '--dest-table', name],
      ],
      env: { INGESTR_DISABLE_TELEMETRY: 'true', DISABLE_TELEMETRY: 'true' },
    })),
};

async function install(): Promise<void> {
  if (existsSync(BINARY)) return;
  const source = process.env['INGESTR_SOURCE'];
  if (!source) throw new StackError('ingestr is not installed.', HINT);
  await mkdir(RIVALS_DIR, { recursive: true });
  const folder = join(RIVALS_DIR, 'ingestr-source');
  await rm(folder, { recursive: true, force: true });
  await run('cp', ['-r', source, folder], { hint: HINT });
  const go = (...args: string[]) =>
    run('go', args, { hint: HINT, cwd: folder, env: { GOFLAGS: '-buildvcs=false' } });
  await go('run', './cmd/genregistry');
  const imports = join(folder, 'internal', 'registry', 'imports');
  await keepWhatIsNeeded(join(imports, 'imports.gen.go'));
  for (const name of ['mqtt.go', 'openai.go']) await rm(join(imports, name), { force: true });
  await go('build', '-ldflags', '-s -w', '-o', 'ingestr.built', '.');
  await copyFile(join(folder, 'ingestr.built'), BINARY);
  await rm(folder, { recursive: true });
}

async function keepWhatIsNeeded(file: string): Promise<void> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  await writeFile(file, lines.filter((line) => !line.includes('_ "') || KEPT.test(line)).join('\n'));
}
