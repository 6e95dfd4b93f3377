import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createBucket } from '../../../src/adapters/gcs/bucket.ts';
import type { GcsSettings } from '../../../src/adapters/gcs/client.ts';
import { type BlockFault, type BlockServer, startBlockServer } from '../../support/block-server.ts';

const MIB = 1024 * 1024;
const RETRY = { retries: 3, minTimeout: 1, maxTimeout: 2 };

/** Each in the memory of the one before. */
async function* chunksOf(bytes: Buffer, length: number): AsyncGenerator<Buffer> {
  const memory = Buffer.alloc(length);
  for (let from = 0; from < bytes.length; from += length) {
    const copied = bytes.copy(memory, 0, from, from + length);
    yield memory.subarray(0, copied);
    memory.fill('?');
  }
}

describe('an upload in blocks', () => {
  let server: BlockServer;
  beforeAll(async () => {
    server = await startBlockServer();
  });
  beforeEach(() => {
    server.faults.length = 0;
    server.asked.length = 0;
    server.objects.clear();
  });
  afterAll(() => server?.close());

  const bytes = Buffer.alloc(9 * MIB + 5);
  for (let index = 0; index < bytes.length; index += 4_093) bytes[index] = index % 251;
  const open = (settings: Partial<GcsSettings> = {}) =>
    createBucket({ projectId: 'p', bucket: 'b', apiEndpoint: server.address, retry: RETRY, ...settings });
  const upload = (sent = bytes, length = 1_000_003, { bucket = open(), name = 'part' } = {}) =>
    bucket.upload({
      name,
      contentType: 'text/csv',
      chunks: chunksOf(sent, length),
      signal: new AbortController().signal,
    });

  it.each<[string, (BlockFault | null)[]]>([
    ['nothing goes wrong', []],
    ['the reply to the first block is lost', ['lost-reply']],
    ['the reply to the last block is lost', [null, null, 'lost-reply']],
    ['a block is taken by half, again and again', ['half', 'half', 'half']],
    ['the last block is taken by half', [null, null, 'half']],
    ['a block is refused for a time', [null, 503, 503]],
    ['half of a block is taken, and its rest refused for a time', [null, 'half', 503]],
  ])('is whole where %s', async (_, faults) => {
    server.faults.push(...faults);
    expect(await upload()).toMatchObject({ name: 'part', bytes: bytes.length, generation: '1' });
    expect(server.objects.get('part')?.equals(bytes)).toBe(true);
  });

  it.each([4 * MIB + 1, 8 * MIB])('is whole with %s bytes, by chunks of each kind', async (length) => {
    for (const chunk of [length, 3 * MIB, 256 * 1024]) {
      server.objects.clear();
      const sent = bytes.subarray(0, length);
      await upload(sent, chunk);
      expect(server.objects.get('part')?.equals(sent)).toBe(true);
    }
  });

  it('begins each block where the one before has ended, and tells the whole with the last', async () => {
    await upload();
    expect(server.asked).toEqual([
      `bytes 0-${4 * MIB - 1}/*`,
      `bytes ${4 * MIB}-${8 * MIB - 1}/*`,
      `bytes ${8 * MIB}-${9 * MIB + 4}/${9 * MIB + 5}`,
    ]);
  });

  it('is whole where the memory of another one is used again', async () => {
    const bucket = open();
    const other = Buffer.alloc(bytes.length, 'x');
    const whole = async (name: string, sent: typeof bytes) => {
      await upload(sent, 1_000_003, { bucket, name });
      return server.objects.get(name)?.equals(sent);
    };
    expect(await whole('one', bytes)).toBe(true);
    expect(await Promise.all([whole('two', other), whole('three', bytes)])).toEqual([true, true]);
  });

  it('goes by the proxy of the environment, unless it is to reach the server without', async () => {
    const asked: string[] = [];
    const proxy = createServer((request, response) => {
      asked.push(request.url ?? '');
      request.resume();
      response.writeHead(403).end();
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    try {
      const variables = { http_proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` };
      const denied = upload(bytes, MIB, { bucket: open({ proxy: variables }) });
      await expect(denied).rejects.toMatchObject({ code: 'STAGE_DENIED' });
      expect(asked[0]).toContain(`${server.address}/upload/storage/v1/b/b/o?`);
      const direct = open({ proxy: { ...variables, no_proxy: '127.0.0.1' } });
      expect(await upload(bytes, MIB, { bucket: direct })).toMatchObject({ bytes: bytes.length });
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  });

  it('fails where its name is taken by other bytes, and gives the facts of the same ones', async () => {
    server.objects.set('part', bytes.subarray(1));
    await expect(upload()).rejects.toMatchObject({ code: 'STAGE_INCOMPLETE' });
    server.objects.set('part', bytes);
    expect(await upload()).toMatchObject({ bytes: bytes.length });
    expect(server.asked).toEqual([]);
  });

  it('is not there for ever where Cloud Storage has forgotten it', async () => {
    server.faults.push(410, 410, 410, 410);
    await expect(upload()).rejects.toMatchObject({ code: 'STAGE_UNAVAILABLE' });
  });
});
