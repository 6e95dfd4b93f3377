import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { command } from '../support/commands.ts';
import { markdownCommands, markdownRecipes, ROOT } from '../support/markdown.ts';
import { type Ended, startCommand } from '../support/processes.ts';
import { openQuickSandbox } from '../support/quick-sandbox.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { pause } from '../support/wait.ts';

/** Commands that something else runs as they are written, and where. */
const RUN_ELSEWHERE: Record<string, string> = {
  demo: 'local/demo.ts is the acceptance of the whole; too long for a suite',
  test: 'this is it, called by .ci/run',
  check: '.ci/run',
  start: 'test/e2e/process.test.ts',
  stack: 'test/integration/local-stack/stack.test.ts',
  prove: 'test/integration/prove.test.ts',
  accept: 'test/e2e/guard.test.ts',
  acknowledge: 'test/e2e/listing.test.ts',
  restore: 'test/e2e/guard.test.ts',
  'test:deep': '.ci/run',
  'test:docker': 'itself, where a Docker engine answers',
};
/** The pages that people copy their first commands from. */
const pages = ['README.md', 'README.pt-BR.md', 'docs/getting-started.md', 'docs/operations.md'];
const commands = [
  ...new Map(
    pages
      .flatMap((page) => markdownCommands(markdownRecipes(readFileSync(join(ROOT, page), 'utf8'))))
      .map((command) => [JSON.stringify(command), command]),
  ).values(),
];

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await openQuickSandbox();
  await sandbox.admin.query('CREATE TABLE alunos (id INT PRIMARY KEY)');
  await pause(2_500);
  await sandbox.start(['worker']);
});
afterAll(() => sandbox?.close());

/** What a person puts in the places of x and …; optional parts are left out. */
function filled(args: string): string[] {
  const [first = ''] = args.split(' | ');
  const text = first.replaceAll(/\[[^\]]*\]/g, '').replaceAll('table=x', 'table=alunos');
  const named = text
    .replaceAll('table=…', 'table=alunos')
    .replaceAll('SELECT …', 'SELECT 1 AS um')
    .replaceAll('run=…', 'table=alunos');
  return [...named.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
}

const own = commands.filter(({ script }) => RUN_ELSEWHERE[script] === undefined);

it('knows of every command of these pages', () => {
  expect(own.length).toBeGreaterThan(12);
});

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** The first goes through npm; of the others it is known where their script leads. */
async function run(script: string, words: string[]): Promise<Ended> {
  if (script !== own[0]?.script && scripts[script] === `node src/cli.ts ${script}`)
    return command([script, ...words], sandbox.env);
  const more = words.length > 0 ? ['--', ...words] : [];
  return startCommand(['npm', 'run', '-s', script, ...more], sandbox.env, ROOT).ended;
}

it.each(own)('npm run $script -- $args', async ({ script, args }) => {
  const { code, stdout, stderr } = await run(script, args === '' ? [] : filled(args));
  expect([code, stderr.split('\n').filter((line) => /^[A-Z_]+: /.test(line))]).toEqual([0, []]);
  expect(stdout.length).toBeGreaterThan(2);
});
