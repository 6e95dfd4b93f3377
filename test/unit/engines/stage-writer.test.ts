import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createStageWriter } from '../../../src/engines/direct/stage-writer.ts';
import type { Bucket, ObjectFacts } from '../../../src/pipeline/ports/bucket.ts';
import { createMemoryBucket } from '../../support/fakes/memory-bucket.ts';

const MIB = 1024 * 1024;
const chunk = (text: string, length = 10) => Buffer.from(`${text.padEnd(length - 1, '.')}\n`);
const open = (bucket: Pick<Bucket, 'upload' | 'list' | 'remove'>, compression: 'none' | 'gzip' = 'none') =>
  createStageWriter({ bucket, folder: 'data/w/', compression, signal: new AbortController().signal });

/** Uploads whose chunks are taken one by one, when the test says so. */
function slowBucket() {
  const taken: Promise<void>[] = [];
  const began: string[] = [];
  const gate: (() => void)[] = [];
  const facts = (name: string): ObjectFacts => ({ name, bytes: 0, crc32c: '', generation: '1' });
  const bucket: Pick<Bucket, 'upload' | 'list' | 'remove'> = {
    upload: async ({ name, chunks, signal }) => {
      began.push(name);
      for await (const _ of chunks) {
        signal.throwIfAborted();
        const { promise, resolve } = Promise.withResolvers<void>();
        gate.push(resolve);
        taken.push(promise);
        await promise;
      }
      return facts(name);
    },
    list: async () => [],
    remove: async () => undefined,
  };
  const letGo = async () => {
    for (const go of gate.splice(0)) go();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { bucket, began, taken, letGo };
}

describe('the writer of a stage', () => {
  it.each(['none', 'gzip'] as const)(
    'puts everything into the bucket, compression %s',
    async (compression) => {
      const bucket = createMemoryBucket();
      const stage = open(bucket, compression);
      const chunks = Array.from({ length: 50 }, (_, index) => chunk(`${index}`));
      const expected = Buffer.concat(chunks).toString().split('\n').sort();
      let used = 0;
      for (const one of chunks) {
        used += stage.write(one)?.fill('?').length ?? 0;
        await stage.whenReady();
      }
      const objects = await stage.end();
      expect(objects).toEqual(await bucket.list('data/w/'));
      const suffix = compression === 'gzip' ? '.csv.gz' : '.csv';
      expect(objects[0]?.name).toBe(`data/w/part-00000${suffix}`);
      const texts = objects.map(({ name }) => bucket.objects.get(name)?.bytes ?? Buffer.alloc(0));
      const lines = texts.map((bytes) => String(compression === 'gzip' ? gunzipSync(bytes) : bytes)).join('');
      expect(lines.split('\n').sort()).toEqual(expected);
      expect(stage.bytes).toBe(500);
      expect(used).toBeGreaterThan(300);
    },
  );

  it('gives a chunk back when its upload asks for the next one, and not before', async () => {
    const { bucket, letGo } = slowBucket();
    const stage = open(bucket);
    const first = chunk('1');
    expect([stage.write(first), stage.write(chunk('2'))]).toEqual([null, null]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(stage.write(chunk('3'))).toBeNull();
    await letGo();
    expect(stage.write(chunk('4'))).toBe(first);
    const ending = stage.end();
    for (let turn = 0; turn < 20; turn += 1) await letGo();
    await ending;
  });

  it('makes one empty object of no rows', async () => {
    expect(await open(createMemoryBucket()).end()).toMatchObject([
      { name: 'data/w/part-00000.csv', bytes: 0 },
    ]);
  });

  it('begins a new object when one has about 128 MB', async () => {
    const { bucket, began, letGo } = slowBucket();
    const stage = open(bucket);
    const large = Buffer.alloc(64 * MIB);
    for (let written = 0; written < 5; written += 1) {
      stage.write(large);
      await letGo();
      await letGo();
    }
    const ending = stage.end();
    for (let turn = 0; turn < 10; turn += 1) await letGo();
    await ending;
    expect(began).toEqual(['data/w/part-00000.csv', 'data/w/part-00001.csv', 'data/w/part-00002.csv']);
  });

  it('uploads several at once where one cannot keep up, then has rows wait', async () => {
    const { bucket, began, letGo } = slowBucket();
    const stage = open(bucket);
    let written = 0;
    for (; stage.whenReady() === null; written += 1) {
      stage.write(chunk(`${written}`));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(began).toHaveLength(3);
    expect(written).toBeLessThanOrEqual(10);
    const ready = stage.whenReady();
    await letGo();
    await ready;
    const ending = stage.end();
    for (let turn = 0; turn < 20; turn += 1) await letGo();
    expect(await ending).toHaveLength(3);
  });

  it('has who writes, who waits and who ends hear of an upload that failed', async () => {
    const failure = new Error('the bucket is gone');
    const { bucket } = slowBucket();
    const stage = open({ ...bucket, upload: () => Promise.reject(failure) });
    stage.write(chunk('1'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(() => stage.write(chunk('2'))).toThrow(failure);
    await expect(stage.whenReady()).rejects.toBe(failure);
    await expect(stage.end()).rejects.toBe(failure);
  });

  it('abandons what is there and what is under way', async () => {
    const bucket = createMemoryBucket();
    await bucket.create({ name: 'data/other/part', bytes: chunk('1'), contentType: 'text/csv' });
    const stage = open(bucket);
    stage.write(chunk('1'));
    await stage.end();
    const other = open(bucket);
    other.write(chunk('2'));
    await other.abandon();
    expect((await bucket.list('data/')).map(({ name }) => name)).toEqual(['data/other/part']);
  });
});
