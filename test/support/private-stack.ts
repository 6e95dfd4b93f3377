import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { installAll } from '../../local/stack/install-all.ts';
import { type Stack, startStack } from '../../local/stack/start-stack.ts';
import { BRIEF_JOBS } from './brief-jobs.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Settings of the run's private stack, as in `.local/stack.env`. */
    stackEnv: Record<string, string>;
    /** The stack's data: buckets, Dataproc's jobs with their event logs, the destination's database. */
    dataDir: string;
  }
}

interface Shared {
  users: number;
  stack: Promise<Stack>;
  dataDir: string;
}

/** vitest loads this file once a project, all in one process: they share one stack through the process. */
const shared = globalThis as typeof globalThis & { adutoraStack?: Shared };

/** A globalSetup for vitest: one private stack for the run, on free ports and in a temporary folder. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  shared.adutoraStack ??= await begin();
  const mine = shared.adutoraStack;
  mine.users += 1;
  project.provide('stackEnv', (await mine.stack).env);
  project.provide('dataDir', mine.dataDir);
  return async () => {
    mine.users -= 1;
    if (mine.users > 0) return;
    delete shared.adutoraStack;
    await (await mine.stack).stop();
    await rm(mine.dataDir, { recursive: true, force: true });
  };
}

async function begin(): Promise<Shared> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const dataDir = await mkdtemp(join(tmpdir(), 'adutora-test-'));
  const stack = installAll(say).then((installed) =>
    startStack({ installed, dataDir, ports: 'free', javaOptions: BRIEF_JOBS }),
  );
  stack.catch(() => rm(dataDir, { recursive: true, force: true }));
  void tellDeath(stack, say);
  return { users: 0, stack, dataDir };
}

/** A failed start is told by vitest, which waits for it. */
async function tellDeath(stack: Promise<Stack>, say: (line: string) => void): Promise<void> {
  const started = await stack.catch(() => null);
  if (started) say(`A part of the tests' stack has ended: ${await started.died}`);
}
