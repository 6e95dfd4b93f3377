import { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { createDirectEngine } from '../../../src/engines/direct/direct-engine.ts';
import { sha256Hex } from '../../../src/pipeline/names/index.ts';
import { jsonBytes } from '../../../src/pipeline/ports/json-objects.ts';
import { createMemoryBucket } from '../../support/fakes/memory-bucket.ts';
import { loadObject, specOf } from '../../support/samples.ts';

/** A thread that has read each table after a moment. */
const THREAD = `
const { parentPort } = require('node:worker_threads');
parentPort.on('message', ({ do: what }) => {
  if (what === 'read') setTimeout(() => parentPort.postMessage({ is: 'read', table: {} }), 300);
});`;

it('an attempt that this process reads already is waited for, and not read twice', async () => {
  const threads: Worker[] = [];
  const engine = createDirectEngine({
    bucket: createMemoryBucket(),
    startThread: () => {
      const thread = new Worker(THREAD, { eval: true });
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
  const first = engine.run(attempt, watch);
  // It looks at the bucket before it begins.
  while (threads.length === 0) await new Promise(setImmediate);
  expect(await engine.probe(attempt)).toMatchObject({ state: 'running' });
  await Promise.all([first, engine.run(attempt, watch)]);
  expect(threads).toHaveLength(1);
});
