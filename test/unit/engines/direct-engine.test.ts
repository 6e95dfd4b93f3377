import { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { createDirectEngine } from '../../../src/engines/direct/direct-engine.ts';
import { sha256Hex } from '../../../src/pipeline/names/index.ts';
import { jsonBytes } from '../../../src/pipeline/ports/json-objects.ts';
import { createMemoryBucket } from '../../support/fakes/memory-bucket.ts';
import { loadObject, specOf } from '../../support/samples.ts';

/** A thread that, a moment after it is told to read, says this. */
const threadThatSays = (news: object) => `
const { parentPort } = require('node:worker_threads');
parentPort.on('message', ({ do: what }) => {
  if (what === 'read') setTimeout(() => parentPort.postMessage(${JSON.stringify(news)}), 300);
});`;

function open(program: string) {
  const threads: Worker[] = [];
  const memory = createMemoryBucket();
  const created: string[] = [];
  const bucket: typeof memory = {
    ...memory,
    create: (object) => {
      created.push(object.bytes.toString());
      return memory.create(object);
    },
  };
  const engine = createDirectEngine({
    bucket,
    startThread: () => {
      const thread = new Worker(program, { eval: true });
      threads.push(thread);
      return thread;
    },
    threads: 2,
    maxReadMs: 60_000,
    now: () => new Date(),
  });
  onTestFinished(() => engine.close());
  const spec = specOf(loadObject());
  const attempt = { spec, specSha256: sha256Hex(jsonBytes(spec)) };
  const watch = { signal: new AbortController().signal, report: async () => undefined };
  return { engine, attempt, watch, threads, created };
}

it('an attempt that this process reads already is waited for, and not read twice', async () => {
  const { engine, attempt, watch, threads } = open(threadThatSays({ is: 'read', table: {} }));
  const first = engine.run(attempt, watch);
  // It looks at the bucket before it begins.
  while (threads.length === 0) await new Promise(setImmediate);
  expect(await engine.probe(attempt)).toMatchObject({ state: 'running' });
  await Promise.all([first, engine.run(attempt, watch)]);
  expect(threads).toHaveLength(1);
});

it('what a reader says of its failure is written once, in its own words', async () => {
  const failure = { code: 'SOURCE_BUSY', message: 'locked', errno: 1205, sqlState: 'HY000', locks: null };
  const { engine, attempt, watch, created } = open(threadThatSays({ is: 'failed', failure }));
  await expect(engine.run(attempt, watch)).rejects.toMatchObject({ code: 'SOURCE_BUSY', message: 'locked' });
  expect(created.map((text) => JSON.parse(text))).toMatchObject([failure]);
});
