import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** A planted fault: the file, what it imports or does, the rule that must see it. */
const FAULTS: readonly [file: string, line: string, rule: string][] = [
  ['src/pipeline/a.ts', "import '../adapters/gcs/bucket.ts';", 'noRestrictedImports'],
  ['src/pipeline/b.ts', "import 'bullmq';", 'noRestrictedImports'],
  ['src/pipeline/load/c.ts', "import '../../queues/queues.ts';", 'noRestrictedImports'],
  ['src/pipeline/d.ts', "import 'pino';", 'noRestrictedImports'],
  ['src/engines/dataproc/a.ts', "import '../../adapters/gcs/bucket.ts';", 'noRestrictedImports'],
  ['src/engines/dataproc/b.ts', "import '@google-cloud/storage';", 'noRestrictedImports'],
  ['src/adapters/gcs/a.ts', "import '../bigquery/client.ts';", 'noRestrictedImports'],
  ['src/adapters/gcs/b.ts', "import 'mysql2/promise';", 'noRestrictedImports'],
  ['src/adapters/mysql/a.ts', "import '../../engines/dataproc/x.ts';", 'noRestrictedImports'],
  ['src/adapters/bigquery/a.ts', "import '@google-cloud/dataproc';", 'noRestrictedImports'],
  ['src/adapters/dataproc/a.ts', "import '@google-cloud/bigquery';", 'noRestrictedImports'],
  ['src/adapters/secrets/a.ts', "import '@google-cloud/storage';", 'noRestrictedImports'],
  ['src/adapters/shared.ts', "import '@google-cloud/storage';", 'noRestrictedImports'],
  ['src/queues/a.ts', "import '../workers/ingest.ts';", 'noRestrictedImports'],
  ['src/queues/b.ts', "import 'mysql2';", 'noRestrictedImports'],
  ['src/workers/a.ts', "import '../adapters/gcs/bucket.ts';", 'noRestrictedImports'],
  ['src/scheduler/a.ts', "import '@google-cloud/storage';", 'noRestrictedImports'],
  ['src/cron/a.ts', "import '../queues/queues.ts';", 'noRestrictedImports'],
  ['src/board/a.ts', "import '../adapters/gcs/bucket.ts';", 'noRestrictedImports'],
  ['src/commands/a.ts', "import '../engines/dataproc/x.ts';", 'noRestrictedImports'],
  ['src/commands/b.ts', "import 'ioredis';", 'noRestrictedImports'],
  ['src/config/a.ts', "import '../queues/queues.ts';", 'noRestrictedImports'],
  ['src/composition/a.ts', "import '../../local/stack.ts';", 'noRestrictedImports'],
  ['src/main.ts', "import '../test/run.ts';", 'noRestrictedImports'],
  ['src/workers/env.ts', "export const x = process.env['X'];", 'noProcessEnv'],
  ['src/pipeline/one.ts', "import { two } from './two.ts';\nexport const one = two;", 'noImportCycles'],
];

let tree: string;
let report: { location: { path: { file?: string } | string }; category: string }[];
let checked: number;

beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), 'adutora-rules-'));
  cpSync(join(ROOT, 'biome.json'), join(tree, 'biome.json'));
  for (const [file, line] of FAULTS) {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    writeFileSync(join(tree, file), `${line}\n`);
  }
  writeFileSync(
    join(tree, 'src/pipeline/two.ts'),
    "import { one } from './one.ts';\nexport const two = one;\n",
  );
  writeFileSync(join(tree, '.gitignore'), '');
  const args = ['lint', '--reporter=json', '--max-diagnostics=1000', '--vcs-enabled=false', '.'];
  const { stdout } = spawnSync(join(ROOT, 'node_modules', '.bin', 'biome'), args, {
    cwd: tree,
    encoding: 'utf8',
  });
  const parsed = JSON.parse(stdout);
  report = parsed.diagnostics;
  checked = parsed.summary.unchanged + parsed.summary.changed;
});

afterAll(() => rmSync(tree, { recursive: true }));

describe('import rules', () => {
  it('are checked on files that are really looked at', () => {
    expect(checked).toBeGreaterThanOrEqual(FAULTS.length);
  });

  it.each(FAULTS)('%s may not: %s', (file, _, rule) => {
    const found = report.filter(
      ({ location, category }) => JSON.stringify(location).includes(file) && category.endsWith(rule),
    );
    expect(found.length).toBeGreaterThan(0);
  });
});
