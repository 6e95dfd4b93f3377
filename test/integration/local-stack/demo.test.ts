import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../../support/markdown.ts';
import { pressCtrlC, startNpm } from '../../support/processes.ts';
import { until } from '../../support/wait.ts';

const DATA_DIR = join(ROOT, '.local', 'demo');

/**
 * Everything that the demo has started, parts of its stack and commands alike, names its folder in
 * its environment.
 */
function processesOfDemo(): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(DATA_DIR);
    } catch {
      return false;
    }
  });
}

it.each([
  ['while its stack starts', ''],
  ['in the middle of its story', '1. A university'],
])('the demo that is stopped by Ctrl-C %s leaves no process behind', async (_, at) => {
  const demo = startNpm('demo', []);
  await until(async () => demo.output.stdout.includes(at) && processesOfDemo().length > 0);
  pressCtrlC(demo);
  expect((await demo.ended).code).toBe(130);
  await until(async () => processesOfDemo().length === 0);
});
