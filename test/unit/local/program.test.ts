import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../support/markdown.ts';
import { type OwnProcess, startCommand } from '../../support/processes.ts';
import { until } from '../../support/wait.ts';

const scratch = mkdtempSync(join(tmpdir(), 'adutora-program-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Lets a process go on that waits for it without looking at anything else. */
function letGo({ child }: OwnProcess): void {
  writeFileSync(join(scratch, String(child.pid)), '');
}

const PREAMBLE = `
  import { spawn } from 'node:child_process';
  import { once } from 'node:events';
  import { existsSync } from 'node:fs';
  import { StackError } from ${JSON.stringify(join(ROOT, 'local/component.ts'))};
  import { runProgram } from ${JSON.stringify(join(ROOT, 'local/program.ts'))};
  import { makeTemporaryFolder } from ${JSON.stringify(join(ROOT, 'local/temporary.ts'))};
  import { onStopSignal } from ${JSON.stringify(join(ROOT, 'src/terminal/signals.ts'))};
`;

function startScript(script: string): OwnProcess {
  return startCommand([process.execPath, '--input-type=module', '-e', PREAMBLE + script], {}, ROOT);
}

/** Waits for a line of output that starts with `word`; the rest of it. */
function told({ output }: OwnProcess, word: string): Promise<string> {
  return until(async () => new RegExp(`^${word} (.*)\n`, 'm').exec(output.stdout)?.[1]);
}

/** Its part has ended, and it does not hear its own signal before it is told to go on. */
const WATCHES_A_PART = `
  onStopSignal(() => undefined);
  runProgram(async () => {
    const part = spawn('sleep', ['600']);
    console.log('part ' + part.pid);
    await once(part, 'exit');
    console.log('ended ' + part.pid);
    while (!existsSync(${JSON.stringify(scratch)} + '/' + process.pid));
    throw new StackError('A part has ended.', 'See the log.');
  });`;

describe.concurrent('a program that watches a part', () => {
  it.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('takes the end of the part for its own %s, which it hears later', async (signal, code) => {
    const program = startScript(WATCHES_A_PART);
    process.kill(Number(await told(program, 'part')), signal);
    await told(program, 'ended');
    program.child.kill(signal);
    letGo(program);
    const ended = await program.ended;
    expect(ended).toMatchObject({ code, stderr: `Stopped by ${signal}.\n` });
  });

  it('says that the part has ended, and exits with 3, when nobody told it to stop', async () => {
    const program = startScript(WATCHES_A_PART);
    process.kill(Number(await told(program, 'part')), 'SIGINT');
    await told(program, 'ended');
    letGo(program);
    expect(await program.ended).toMatchObject({ code: 3, stderr: 'A part has ended.\nSee the log.\n' });
  });
});

/** Works in a temporary folder with a process in a group of its own, as Spark is. */
const WORKS_IN_A_FOLDER = `
  const folder = makeTemporaryFolder('adutora-unit-');
  const part = spawn('sleep', ['600'], { detached: true, env: { ...process.env, DATA: folder + '/data' } });
  await once(part, 'spawn');
  console.log('part ' + part.pid);
  console.log('folder ' + folder);
  setInterval(() => existsSync(${JSON.stringify(scratch)} + '/' + process.pid) && process.exit(0), 50);`;

describe.concurrent('a program that works in a temporary folder', () => {
  it.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
    [null, 0],
  ] as const)('leaves neither the folder nor a process when it is ended by %s', async (signal, code) => {
    const program = startScript(WORKS_IN_A_FOLDER);
    const part = await told(program, 'part');
    const folder = await told(program, 'folder');
    expect([existsSync(folder), existsSync(`/proc/${part}`)]).toEqual([true, true]);
    if (signal) program.child.kill(signal);
    else letGo(program);
    expect((await program.ended).code).toBe(code);
    expect(existsSync(folder)).toBe(false);
    await until(async () => !existsSync(`/proc/${part}`));
  });
});
