import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';

function parse(uri: string): { bucket: string; name: string } {
  const match = /^gs:\/\/([^/]+)\/(.+)$/.exec(uri);
  if (!match?.[1] || !match[2]) throw new Error(`${uri} is not a gs:// address`);
  return { bucket: match[1], name: match[2] };
}

/** Downloads an object through the JSON API. */
export async function download(gcs: string, uri: string, path: string): Promise<void> {
  const { bucket, name } = parse(uri);
  const response = await fetch(`${gcs}/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}?alt=media`);
  if (!response.ok || !response.body) throw new Error(`${uri}: HTTP ${response.status}`);
  await pipeline(Readable.fromWeb(response.body as ReadableStream), createWriteStream(path));
}

/** Uploads text as an object. */
export async function upload(gcs: string, uri: string, bytes: Buffer): Promise<void> {
  const { bucket, name } = parse(uri);
  const address = `${gcs}/upload/storage/v1/b/${bucket}/o?uploadType=media&name=${encodeURIComponent(name)}`;
  const response = await fetch(address, {
    method: 'POST',
    body: new Uint8Array(bytes),
    headers: { 'content-type': 'text/plain' },
  });
  if (!response.ok) throw new Error(`${uri}: HTTP ${response.status}`);
}
