import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { createReaderThreads, type ReaderThreads } from '../../../src/engines/direct/reader-threads.ts';
import { loadObject, specOf } from '../../support/samples.ts';

/** A thread that does what the name of its table says. */
const THREAD = `
const { parentPort, threadId } = require('node:worker_threads');
const failed = (message) => parentPort.postMessage({ is: 'failed', failure: { code: 'UNEXPECTED', message } });
let reading = null;
parentPort.on('message', (order) => {
  if (order.do === 'stop') {
    if (reading !== 'deaf') failed('stopped');
    return;
  }
  reading = order.spec.table.table;
  if (reading === 'quick') parentPort.postMessage({ is: 'read', table: { thread: threadId } });
  if (reading === 'told') {
    parentPort.postMessage({ is: 'reading', told: { rows: 1 } });
    failed('refused');
  }
  if (reading === 'exits') process.exit(3);
  if (reading === 'throws') throw new Error('a fault of its own');
  if (reading === 'hungry') for (const held = []; ; held.push(new Array(1e6).fill(held.length)));
});`;

describe('threads that read', () => {
  let threads: ReaderThreads;
  let made = 0;
  const open = (size: number) => {
    made = 0;
    const start = () => {
      made += 1;
      return new Worker(THREAD, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 32 } });
    };
    threads = createReaderThreads({ size, start });
  };
  afterEach(() => threads.close());
  const waits: string[] = [];
  const told: unknown[] = [];
  const read = (table: string, signal = new AbortController().signal) =>
    threads.read({
      spec: specOf({ ...loadObject(), table: { schema: 's', table } }),
      maxReadMs: 1_000,
      signal,
      onReading: (news) => told.push(news),
      onWaiting: () => waits.push(table),
    });

  it('are made when they are needed, and kept', async () => {
    open(2);
    expect(made).toBe(0);
    const first = await read('quick');
    expect(await read('quick')).toEqual(first);
    expect(made).toBe(1);
    const both = await Promise.all([read('quick'), read('quick')]);
    expect(new Set(both.map((one) => JSON.stringify(one))).size).toBe(2);
    expect(made).toBe(2);
  });

  it('have who finds none free wait, and say so', async () => {
    open(1);
    waits.length = 0;
    const stop = new AbortController();
    const busy = read('waits', stop.signal);
    const next = read('quick');
    await new Promise((resolve) => setImmediate(resolve));
    expect(waits).toEqual(['quick']);
    stop.abort();
    expect(await busy).toMatchObject({ is: 'failed', failure: { message: 'stopped' } });
    expect(await next).toMatchObject({ is: 'read' });
    expect(made).toBe(1);
  });

  it('hand on what they say while they read', async () => {
    open(1);
    told.length = 0;
    expect(await read('told')).toMatchObject({ is: 'failed', failure: { message: 'refused' } });
    expect(told).toEqual([{ rows: 1 }]);
  });

  it.each([
    ['exits', /has ended\.$/],
    ['throws', /has ended: a fault of its own\.$/],
    ['hungry', /has ended: ERR_WORKER_OUT_OF_MEMORY\.$/],
  ])('that die are told of, and another one reads the next table: %s', async (table, message) => {
    open(1);
    await expect(read(table)).rejects.toMatchObject({
      code: 'READER_LOST',
      message: expect.stringMatching(message),
    });
    expect(await read('quick')).toMatchObject({ is: 'read' });
    expect(made).toBe(2);
  });

  it('that do not stop when they are told to are ended', async () => {
    open(1);
    const stop = new AbortController();
    const deaf = read('deaf', stop.signal);
    stop.abort();
    await expect(deaf).rejects.toMatchObject({ code: 'READER_LOST' });
    await expect(read('quick', stop.signal)).rejects.toBe(stop.signal.reason);
    expect(await read('quick')).toMatchObject({ is: 'read' });
  });
});
