import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createBucket } from '../../../src/adapters/gcs/bucket.ts';
import { NO_RETRY } from '../../support/wait.ts';

let server: Server;
afterEach(() => new Promise((resolve) => server.close(resolve)));

/**
 * Cloud Storage with one object, whose generation after each look at it is another one for the
 * first `replacements` looks.
 */
async function bucketThatIsWritten(replacements: number) {
  let generation = 1;
  let looks = 0;
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    const wanted = url.searchParams.get('generation');
    if (url.searchParams.get('alt') !== 'media') {
      looks += 1;
      response.end(JSON.stringify({ name: 'o', generation: String(generation), size: '3' }));
      if (looks <= replacements) generation += 1;
    } else if (wanted !== null && wanted !== String(generation)) {
      response.writeHead(404).end(`No such object: b/o#${wanted}`);
    } else response.end(`v${generation}.`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const apiEndpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const bucket = createBucket({ projectId: 'p', bucket: 'b', apiEndpoint, retry: NO_RETRY });
  return { bucket, looks: () => looks };
}

it('reads an object again that is replaced between the look at it and its bytes', async () => {
  const { bucket, looks } = await bucketThatIsWritten(3);
  expect(await bucket.read('o')).toEqual({ bytes: Buffer.from('v4.'), generation: '4' });
  expect(looks()).toBe(4);
});

it('reads the end of such an object too', async () => {
  const { bucket } = await bucketThatIsWritten(2);
  expect(await bucket.readTail({ bucket: 'b', name: 'o' }, 10)).toBe('v3.');
});

it('says so in the end where an object is replaced all the time, and never that it is absent', async () => {
  const { bucket, looks } = await bucketThatIsWritten(Number.MAX_SAFE_INTEGER);
  await expect(bucket.read('o')).rejects.toMatchObject({
    code: 'STAGE_UNAVAILABLE',
    message: expect.stringContaining('gs://b/o was replaced 20 times while it was read'),
  });
  expect(looks()).toBe(20);
});
