import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createBucket } from '../../../src/adapters/gcs/bucket.ts';
import { type BlockFault, type BlockServer, startBlockServer } from '../../support/block-server.ts';

const MIB = 1024 * 1024;
const RETRY = { retries: 3, minTimeout: 1, maxTimeout: 2 };

async function* chunksOf(bytes: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += length) yield bytes.subarray(from, from + length);
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

  const bytes = Buffer.alloc(17 * MIB + 5);
  for (let index = 0; index < bytes.length; index += 4_093) bytes[index] = index % 251;
  const upload = (sent = bytes, length = 1_000_003) =>
    createBucket({ projectId: 'p', bucket: 'b', apiEndpoint: server.address, retry: RETRY }).upload({
      name: 'part',
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

  it.each([8 * MIB + 1, 16 * MIB])('is whole with %s bytes, by chunks of each kind', async (length) => {
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
      `bytes 0-${8 * MIB - 1}/*`,
      `bytes ${8 * MIB}-${16 * MIB - 1}/*`,
      `bytes ${16 * MIB}-${17 * MIB + 4}/${17 * MIB + 5}`,
    ]);
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
