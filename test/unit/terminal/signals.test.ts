import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../support/markdown.ts';
import { type OwnProcess, startCommand } from '../../support/processes.ts';
import { pause, until } from '../../support/wait.ts';

/** Takes `stopMs` to stop. */
async function startStoppable(stopMs: number): Promise<OwnProcess> {
  const script = `
    const { onStopSignal } = await import(${JSON.stringify(join(ROOT, 'src/terminal/signals.ts'))});
    onStopSignal((signal) => {
      console.log(signal);
      setTimeout(() => { console.log('stopped'); process.exit(0); }, ${stopMs});
    });
    setInterval(() => undefined, 1_000);
    console.log('ready');`;
  const started = startCommand([process.execPath, '--input-type=module', '-e', script], {}, ROOT);
  await until(async () => started.output.stdout.includes('ready'));
  return started;
}

async function signal({ child, output }: OwnProcess, name: NodeJS.Signals): Promise<void> {
  child.kill(name);
  await until(async () => /SIG/.test(output.stdout));
}

describe.concurrent('a process that is told to stop', () => {
  it('takes the same signal, passed on by npm, for one', async () => {
    const stopping = await startStoppable(300);
    await signal(stopping, 'SIGINT');
    await signal(stopping, 'SIGINT');
    expect(await stopping.ended).toMatchObject({ code: 0, stdout: 'ready\nSIGINT\nstopped\n' });
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('leaves at once at a %s that comes later', async (name, code) => {
    const stopping = await startStoppable(60_000);
    await signal(stopping, 'SIGTERM');
    await pause(2_200);
    await signal(stopping, name);
    expect(await stopping.ended).toMatchObject({ code, stdout: 'ready\nSIGTERM\n' });
  });
});
