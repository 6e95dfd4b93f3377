import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { installAll } from '../../local/stack/install-all.ts';
import { type Stack, startStack } from '../../local/stack/start-stack.ts';
import { BRIEF_JOBS } from './brief-jobs.ts';

/** What a test file works on. */
export interface StackOfTests {
  /** Settings of the stack, as in `.local/stack.env`. */
  env: Record<string, string>;
  /**
   * The stack's data: buckets, Dataproc's jobs with their event logs, the destination's database.
   */
  dataDir: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** The run's private stacks, one for each worker of vitest. */
    stacks: StackOfTests[];
  }
}

interface Shared {
  users: number;
  stacks: { stack: Promise<Stack>; dataDir: string }[];
}

/**
 * vitest loads this file once a project, all in one process: they share the stacks through the
 * process.
 */
const shared = globalThis as typeof globalThis & { adutoraStacks?: Shared };

/**
 * A globalSetup for vitest: private stacks for the run, on free ports and in temporary folders.
 * Files that run at the same time have a stack each, so none meets what another does to a server:
 * faults, global settings, flushed caches.
 */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  shared.adutoraStacks ??= { users: 0, stacks: [] };
  const mine = shared.adutoraStacks;
  mine.users += 1;
  while (mine.stacks.length < neededBy(project)) mine.stacks.push(await begin());
  project.provide(
    'stacks',
    await Promise.all(mine.stacks.map(async ({ stack, dataDir }) => ({ env: (await stack).env, dataDir }))),
  );
  return async () => {
    mine.users -= 1;
    if (mine.users > 0) return;
    delete shared.adutoraStacks;
    await Promise.all(
      mine.stacks.map(async ({ stack, dataDir }) => {
        await (await stack).stop();
        await rm(dataDir, { recursive: true, force: true });
      }),
    );
  };
}

/** One for each worker; a single file that was named, and nothing else, needs no second one. */
function neededBy(project: TestProject): number {
  const named = process.argv.slice(2).filter((arg) => existsSync(arg));
  return named.length === 1 && named[0]?.endsWith('.test.ts') ? 1 : project.config.maxWorkers;
}

async function begin(): Promise<{ stack: Promise<Stack>; dataDir: string }> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const dataDir = await mkdtemp(join(tmpdir(), 'adutora-test-'));
  const stack = installAll(say).then((installed) =>
    startStack({ installed, dataDir, ports: 'free', javaOptions: BRIEF_JOBS }),
  );
  stack.catch(() => rm(dataDir, { recursive: true, force: true }));
  void tellDeath(stack, say);
  return { stack, dataDir };
}

/** A failed start is told by vitest, which waits for it. */
async function tellDeath(stack: Promise<Stack>, say: (line: string) => void): Promise<void> {
  const started = await stack.catch(() => null);
  if (started) say(`A part of the tests' stack has ended: ${await started.died}`);
}
