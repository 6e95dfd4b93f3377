import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VERSION } from '../../src/pipeline/names/version.ts';
import { ROOT } from '../support/markdown.ts';
import { startCommand } from '../support/processes.ts';

/** Runs an entry point where there is no configuration. */
function run(script: string, ...args: string[]) {
  return startCommand([process.execPath, join(ROOT, script), ...args], {}, '/').ended;
}

describe('an entry point', () => {
  it.each([
    ['local/demo.ts', 'npm run demo'],
    ['local/stack.ts', 'npm run stack'],
    ['local/compare.ts', 'npm run compare'],
    ['prove/prove.ts', 'npm run prove'],
    ['bench/bench.ts', 'npm run bench -- NAME'],
    ['bench/wire.ts', 'npm run bench -- wire'],
    ['bench/rivals.ts', 'npm run bench -- rivals'],
    ['bench/pipeline.ts', 'npm run bench -- pipeline'],
    ['bench/verify.ts', 'npm run bench -- verify'],
    ['bench/mapping.ts', 'npm run bench -- mapping'],
    ['bench/recovery.ts', 'npm run bench -- recovery'],
    ['local/sbom.ts', 'npm run sbom'],
    ['test/soak/chaos.ts', 'npm run soak'],
    ['test/soak/verify.ts', 'npm run soak:verify'],
    ['src/main.ts', 'npm start'],
    ['src/cli.ts', 'npm run COMMAND'],
  ])('%s helps, and refuses what it does not know without a stack trace', async (script, usage) => {
    expect(await run(script, '--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(usage),
      stderr: '',
    });
    const { code, stdout, stderr } = await run(script, '--kep');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toContain('    at ');
  });

  it.each([['-h'], ['plan', '-h'], ['plan', '--help']])('adutora %s %s helps', async (...args) => {
    expect(await run('bin/adutora.mjs', ...args)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Usage: npm run'),
      stderr: '',
    });
  });

  it('adutora tells its version', async () => {
    expect(await run('bin/adutora.mjs', '--version')).toMatchObject({ code: 0, stdout: `${VERSION}\n` });
  });

  it('bench takes its name, and gives it the rest', async () => {
    expect(await run('bench/bench.ts', 'wire', '--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('npm run bench -- wire'),
    });
  });

  it('refuses numbers that are none', async () => {
    expect(await run('bench/verify.ts', 'many')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"many" is not a number.\nUsage: npm run bench -- verify'),
    });
  });

  it.each([
    ['> /dev/full', 3, 'OUTPUT_FAILED: '],
    ['| true', 0, ''],
  ])('whose answer goes %s ends with %i', async (where, code, said) => {
    const script = `set -o pipefail; "$0" src/cli.ts --help ${where}`;
    const { stderr, ...ended } = await startCommand(['bash', '-c', script, process.execPath], {}, ROOT).ended;
    expect(ended).toEqual({ code, stdout: '' });
    expect(stderr.startsWith(said) && stderr.split('\n').length < 3, stderr).toBe(true);
  });

  it('of a command that is not there names one that every Node runs', async () => {
    expect((await run('bin/adutora.mjs', 'enqueu')).stderr).toContain('node bin/adutora.mjs --help');
  });
});
