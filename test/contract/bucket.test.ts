import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PYTHON } from '../../local/python/python.ts';
import { ROOT } from '../../local/tools/paths.ts';
import { createBucket } from '../../src/adapters/gcs/bucket.ts';
import { readState, takeTicket } from '../../src/pipeline/load/table-state.ts';
import { objectNames, tableObjectKey } from '../../src/pipeline/names/index.ts';
import type { Bucket } from '../../src/pipeline/ports/bucket.ts';
import { createMemoryBucket } from '../support/fakes/memory-bucket.ts';
import { onRealProject } from '../support/real-project.ts';
import { freshName, stackEnv } from '../support/stack-env.ts';
import { NO_RETRY, pause } from '../support/wait.ts';

const gcs = (bucket?: string) =>
  createBucket({
    projectId: stackEnv()['GOOGLE_CLOUD_PROJECT'] ?? '',
    bucket: bucket ?? stackEnv()['GCS_BUCKET'] ?? '',
    apiEndpoint: stackEnv()['GCS_API_ENDPOINT'],
    retry: NO_RETRY,
  });

describe.each([
  { name: 'Cloud Storage', open: gcs },
  { name: 'in memory', open: () => createMemoryBucket() },
  ...onRealProject((env) =>
    createBucket({ projectId: env['GOOGLE_CLOUD_PROJECT'] ?? '', bucket: env['GCS_BUCKET'] ?? '' }),
  ),
])('a stage, $name', ({ open }) => {
  let bucket: Bucket;
  const prefix = freshName();
  const object = (name: string, text: string) => ({
    name: `${prefix}/${name}`,
    bytes: Buffer.from(text),
    contentType: 'text/plain',
  });

  beforeAll(() => {
    bucket = open();
  });
  afterAll(async () => {
    await bucket.remove((await bucket.list(prefix)).map(({ name }) => name));
  });

  it('knows what is not there', async () => {
    expect(await bucket.read(`${prefix}/none`)).toBeNull();
    expect(await bucket.exists(`${prefix}/none`)).toBe(false);
    expect(await bucket.list(`${prefix}/none`)).toEqual([]);
  });

  it('creates an object once; a second create changes nothing', async () => {
    expect(await bucket.create(object('once', 'first'))).toBe(true);
    expect(await bucket.create(object('once', 'second'))).toBe(false);
    expect(String((await bucket.read(`${prefix}/once`))?.bytes)).toBe('first');
  });

  it('creates once for many at the same time', async () => {
    const made = await Promise.all(
      Array.from({ length: 8 }, (_, n) => bucket.create(object('race', String(n)))),
    );
    expect(made.filter(Boolean)).toHaveLength(1);
  });

  it('replaces only the generation that was read', async () => {
    await bucket.create(object('changing', '1'));
    const { generation } = (await bucket.read(`${prefix}/changing`)) ?? { generation: '' };
    expect(await bucket.replace({ ...object('changing', '2'), generation })).toBe(true);
    expect(await bucket.replace({ ...object('changing', '3'), generation })).toBe(false);
    const now = await bucket.read(`${prefix}/changing`);
    expect(String(now?.bytes)).toBe('2');
    expect(now?.generation).not.toBe(generation);
  });

  it('gives twenty that take tickets at once each its own, and loses none', async () => {
    const of = { sourceId: freshName(), table: { schema: 's', table: 'fila' } };
    const deps = { bucket, random: Math.random, sleep: (ms: number) => pause(ms) };
    const taken: number[] = [];
    const taker = async () => {
      for (let number = 0; number < 3; number += 1)
        taken.push(await takeTicket(of, deps, new AbortController().signal));
    };
    await Promise.all(Array.from({ length: 20 }, taker));
    expect(new Set(taken).size).toBe(60);
    // A change whose answer was lost is made again: it costs a number, and no two have one.
    expect((await readState(of, bucket)).value.ticket).toBeGreaterThanOrEqual(60);
    expect(Math.max(...taken)).toBe((await readState(of, bucket)).value.ticket);
    await bucket.remove([objectNames(of.sourceId).state(tableObjectKey(of.table))]);
  });

  it('lists a prefix in order, with sizes, and the same checksum for the same bytes only', async () => {
    for (const name of ['l/b', 'l/a', 'l/c/d'])
      await bucket.create(object(name, name === 'l/b' ? 'xy' : 'x'));
    await bucket.create(object('lother', 'x'));
    const facts = await bucket.list(`${prefix}/l/`);
    expect(facts.map(({ name, bytes }) => [name.slice(prefix.length), bytes])).toEqual([
      ['/l/a', 1],
      ['/l/b', 2],
      ['/l/c/d', 1],
    ]);
    expect(facts[0]?.crc32c).toBe(facts[2]?.crc32c);
    expect(facts[0]?.crc32c).not.toBe(facts[1]?.crc32c);
    expect(facts.map(({ crc32c }) => crc32c)).toEqual(
      ['x', 'xy', 'x'].map((text) => bucket.crc32c(Buffer.from(text))),
    );
    const read = await bucket.read(`${prefix}/l/a`);
    expect(facts[0]?.generation).toBe(read?.generation);
  });

  it('lists the folders under a prefix, each once', async () => {
    for (const name of ['f/b/1', 'f/a/1', 'f/a/2', 'f/a/deep/3', 'f/file'])
      await bucket.create(object(name, 'x'));
    expect(await bucket.folders(`${prefix}/f/`)).toEqual(['a', 'b']);
    expect(await bucket.folders(`${prefix}/none/`)).toEqual([]);
  });

  it('keeps bytes and names as they are', async () => {
    const bytes = Buffer.from([0, 255, 10, 13, 34]);
    const name = `${prefix}/a b/ç%2F?#🎓`;
    await bucket.create({ name, bytes, contentType: 'application/octet-stream' });
    expect((await bucket.read(name))?.bytes.equals(bytes)).toBe(true);
    expect((await bucket.list(`${prefix}/a b/`)).map((facts) => facts.name)).toEqual([name]);
  });

  it('uploads chunks as they come into an object that is made once, and tells its facts', async () => {
    const signal = new AbortController().signal;
    const upload = (name: string, chunks: AsyncIterable<Buffer>) =>
      bucket.upload({ name: `${prefix}/u/${name}`, contentType: 'text/csv', chunks, signal });
    const sizes = { nothing: [], small: [3, 5], large: Array<number>(21).fill(1_000_003), one: [9_000_000] };
    for (const [name, lengths] of Object.entries(sizes)) {
      const bytes = Buffer.concat(lengths.map((length, index) => Buffer.alloc(length, `${index}`)));
      const facts = await upload(name, inPieces(bytes, lengths));
      const [listed] = await bucket.list(`${prefix}/u/${name}`);
      expect(facts).toEqual(listed);
      expect(facts).toMatchObject({ bytes: bytes.length, crc32c: bucket.crc32c(bytes) });
      expect((await bucket.read(`${prefix}/u/${name}`))?.bytes.equals(bytes)).toBe(true);
      // The stand-in lets an upload in blocks write over what is there (docs/unproven.md).
      if (bytes.length > 8_000_000 && bucket.name.endsWith('-local')) continue;
      const other = upload(name, inPieces(Buffer.concat([bytes, Buffer.from('x')]), [...lengths, 1]));
      await expect(other).rejects.toMatchObject({ code: 'STAGE_INCOMPLETE' });
      expect(await bucket.list(`${prefix}/u/${name}`)).toEqual([listed]);
    }
  });

  it.each([{ chunks: 1 }, { chunks: 12 }])(
    'makes nothing of an upload that ends early, after $chunks chunks',
    async ({ chunks: count }) => {
      const stop = new AbortController();
      async function* chunks(end: () => void) {
        for (let sent = 0; sent < count; sent += 1) yield Buffer.alloc(1_000_003);
        end();
        yield Buffer.alloc(1);
      }
      const name = `${prefix}/early/${count}`;
      const upload = (end: () => void) =>
        bucket.upload({ name, contentType: 'text/csv', chunks: chunks(end), signal: stop.signal });
      const failure = new Error('no more rows');
      const thrown = upload(() => {
        throw failure;
      });
      await expect(thrown).rejects.toBe(failure);
      await expect(upload(() => stop.abort(new Error('stopped')))).rejects.toThrow('stopped');
      expect(await bucket.list(name)).toEqual([]);
    },
  );

  it('reads an object that is being written as one of its versions, never as absent', async () => {
    const text = (version: number) => `${version}\n`.repeat(version % 50);
    await bucket.create(object('busy', text(1)));
    let version = 1;
    let isRead = false;
    const writing = (async () => {
      for (let generation = ''; !isRead; version += 1) {
        generation = (await bucket.read(`${prefix}/busy`))?.generation ?? '';
        await bucket.replace({ ...object('busy', text(version + 1)), generation });
      }
    })();
    const seen: (string | undefined)[] = [];
    while (version < 25) {
      seen.push((await bucket.read(`${prefix}/busy`))?.bytes.toString());
      const tail = await bucket.readTail({ bucket: bucket.name, name: `${prefix}/busy` }, 1_000);
      seen.push(tail ?? undefined);
    }
    isRead = true;
    await writing;
    const versions = Array.from({ length: version + 1 }, (_, index) => text(index));
    expect(seen.filter((one) => one === undefined || !versions.includes(one))).toEqual([]);
  });

  it('removes what is there, and minds nothing that is not', async () => {
    await bucket.create(object('r1', 'x'));
    await bucket.remove([`${prefix}/r1`, `${prefix}/r2`]);
    expect(await bucket.exists(`${prefix}/r1`)).toBe(false);
    await bucket.remove([]);
  });

  it('reads the end of a text, and gives null for what it may not read', async () => {
    await bucket.create(object('log', 'one\ntwo\n'));
    await bucket.create(object('empty', ''));
    const tail = (name: string, bytes: number) =>
      bucket.readTail({ bucket: bucket.name, name: `${prefix}/${name}` }, bytes);
    expect(await tail('log', 4)).toBe('two\n');
    expect(await tail('log', 100)).toBe('one\ntwo\n');
    expect(await tail('empty', 4)).toBe('');
    expect(await tail('none', 4)).toBeNull();
    expect(await bucket.listForeign({ bucket: 'nobodys-bucket', prefix: 'x' })).toBeNull();
    expect(await bucket.listForeign({ bucket: bucket.name, prefix: `${prefix}/log` })).toEqual([
      `${prefix}/log`,
    ]);
  });
});

/** The bytes cut into pieces of these lengths, one after the other; each is spoilt then. */
async function* inPieces(bytes: Buffer, lengths: readonly number[]): AsyncGenerator<Buffer> {
  let start = 0;
  for (const length of lengths) {
    const piece = Buffer.from(bytes.subarray(start, start + length));
    yield piece;
    piece.fill('?');
    start += length;
  }
}

it('takes the first manifest only, of two Spark drivers that write it at once', async () => {
  const bucket = gcs();
  const name = `${freshName()}/manifest.json`;
  const script = [
    'import sys',
    'from adutora_google import Storage',
    'print(Storage(sys.argv[1]).create(sys.argv[2], {"writer": sys.argv[3]}))',
  ].join('\n');
  const env = {
    ...process.env,
    PYTHONPATH: join(ROOT, 'spark'),
    PYTHONDONTWRITEBYTECODE: '1',
    STORAGE_EMULATOR_HOST: `http://${stackEnv()['GCS_API_ENDPOINT']}`,
  };
  const write = async (writer: string) => {
    const args = ['-c', script, bucket.name, name, writer];
    return (await promisify(execFile)(PYTHON, args, { env })).stdout.trim();
  };
  const writers = ['a', 'b', 'c'];
  const made = await Promise.all(writers.map(write));
  expect(made.toSorted()).toEqual(['False', 'False', 'True']);
  const { writer } = JSON.parse(String((await bucket.read(name))?.bytes));
  expect(writer).toBe(writers[made.indexOf('True')]);
  expect(await write('late')).toBe('False');
});

it('tells a missing bucket from a missing object', async () => {
  const bucket = gcs('no-such-bucket');
  await expect(bucket.read('x')).rejects.toMatchObject({ code: 'BUCKET_MISSING' });
  await expect(bucket.list('x')).rejects.toMatchObject({ code: 'BUCKET_MISSING' });
  await expect(
    bucket.create({ name: 'x', bytes: Buffer.from(''), contentType: 'text/plain' }),
  ).rejects.toMatchObject({ code: 'BUCKET_MISSING' });
});

it('gives the CRC-32C that Google documents', async () => {
  const bucket = gcs();
  const name = `${freshName()}/crc`;
  await bucket.create({ name, bytes: Buffer.from('123456789'), contentType: 'text/plain' });
  // 0xe3069283: the check value of CRC-32C (RFC 3720).
  expect((await bucket.list(name))[0]?.crc32c).toBe(Buffer.from('e3069283', 'hex').toString('base64'));
});
