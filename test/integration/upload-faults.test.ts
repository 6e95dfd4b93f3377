import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startFaultProxy } from '../../local/faults/fault-proxy.ts';
import type { Fault } from '../../local/faults/fault-rules.ts';
import { createBucket } from '../../src/adapters/gcs/bucket.ts';
import { freshName, stackEnv } from '../support/stack-env.ts';

const RETRY = { retries: 2, minTimeout: 5, maxTimeout: 20 };
const MB = 1_000_000;

/** Chunks of about 1 MB, each of its own. */
async function* megabytes(count: number): AsyncGenerator<Buffer> {
  for (let index = 0; index < count; index += 1) yield Buffer.alloc(MB, `${index}`);
}

async function whole(count: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of megabytes(count)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/**
 * What may become of a block is in `test/unit/adapters/block-upload.test.ts`: the stand-in cannot
 * be asked how far one has come.
 */
describe('an upload, where something goes wrong', () => {
  let proxy: Awaited<ReturnType<typeof startFaultProxy>>;
  beforeAll(async () => {
    proxy = await startFaultProxy(`http://${stackEnv()['GCS_API_ENDPOINT']}`);
  });
  beforeEach(() => {
    proxy.faults.clear();
    proxy.calls.length = 0;
  });
  afterAll(() => proxy?.close());

  const open = () =>
    createBucket({
      projectId: 'p',
      bucket: stackEnv()['GCS_BUCKET'] ?? '',
      apiEndpoint: proxy.address,
      retry: RETRY,
    });
  const signal = new AbortController().signal;
  const upload = (name: string, count: number) =>
    open().upload({ name, contentType: 'text/csv', chunks: megabytes(count), signal });

  it.each<[string, string, Fault, number, number]>([
    ['a small one, 503 twice', 'POST', { kind: 'error', status: 503 }, 2, 1],
    ['a small one, the reply is lost', 'POST', { kind: 'lost-reply' }, 1, 1],
    ['a large one, 503 where it begins', 'POST', { kind: 'error', status: 503 }, 1, 20],
  ])('is whole: %s', async (_, call, fault, times, count) => {
    proxy.faults.add({ call, times, fault });
    const name = `${freshName()}/part`;
    const facts = await upload(name, count);
    const listed = await open().list(name);
    expect(listed).toEqual([facts]);
    const bytes = (await open().read(name))?.bytes;
    expect(bytes?.equals(await whole(count))).toBe(true);
  });

  it('is whole where the reply to the last block is lost', async () => {
    proxy.faults.add({ call: 'PUT', times: 1, fault: { kind: 'delay', ms: 1 } });
    proxy.faults.add({ call: 'PUT', times: 1, fault: { kind: 'lost-reply' } });
    const name = `${freshName()}/part`;
    const facts = await upload(name, 6);
    expect(await open().list(name)).toEqual([facts]);
  });

  it('fails for a time only where Cloud Storage has forgotten a large one', async () => {
    proxy.faults.add({ call: 'PUT', times: 1, fault: { kind: 'error', status: 404 } });
    await expect(upload(`${freshName()}/part`, 20)).rejects.toMatchObject({ code: 'STAGE_UNAVAILABLE' });
  });

  it.each([1, 20])('fails where Cloud Storage refuses it for good, %s MB', async (count) => {
    proxy.faults.add({ call: 'upload', times: 100, fault: { kind: 'error', status: 403 } });
    const name = `${freshName()}/part`;
    await expect(upload(name, count)).rejects.toMatchObject({ code: 'STAGE_DENIED' });
    proxy.faults.clear();
    expect(await open().list(name)).toEqual([]);
  });

  it.each([1, 20])('fails where Cloud Storage stays away, %s MB', async (count) => {
    proxy.faults.add({ call: 'upload', times: 100, fault: { kind: 'error', status: 503 } });
    const name = `${freshName()}/part`;
    await expect(upload(name, count)).rejects.toMatchObject({ code: 'STAGE_UNAVAILABLE' });
    proxy.faults.clear();
    expect(await open().list(name)).toEqual([]);
  });
});
