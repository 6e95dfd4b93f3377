import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { createGunzip } from 'node:zlib';
import { ApiError, invalid, notFound, unknown } from './api-error.ts';

const GZIP_MAGIC = 0x1f8b;

/**
 * Downloads the objects and unpacks those that are gzip; gzip and plain may not be mixed. Empty
 * objects are left out.
 */
export async function downloadAll(
  gcs: string,
  uris: readonly string[],
  folder: string,
): Promise<{ path: string; bytes: number }[]> {
  const files: { path: string; bytes: number; isGzip: boolean }[] = [];
  for (const [index, uri] of uris.entries()) {
    const plain = join(folder, `${index}.csv`);
    const bytes = await download(gcs, uri, plain);
    const isGzip = await startsAsGzip(plain);
    files.push({ path: plain, bytes, isGzip });
  }
  const isGzip = files[0]?.isGzip ?? false;
  const filled = files.filter(({ bytes }) => bytes > 0);
  if (filled.some((file) => file.isGzip !== isGzip))
    throw invalid('Compressed and uncompressed files cannot be mixed in one load job.');
  if (isGzip) await Promise.all(filled.map((file) => gunzip(file)));
  return filled;
}

async function download(gcs: string, uri: string, path: string): Promise<number> {
  const match = /^gs:\/\/([^/]+)\/(.+)$/.exec(uri);
  if (!match?.[1] || !match[2]) throw invalid(`Invalid source URI ${uri}`);
  const response = await fetch(`${gcs}/storage/v1/b/${match[1]}/o/${encodeURIComponent(match[2])}?alt=media`);
  if (response.status === 404) throw notFound(`URI ${uri}`);
  if (!response.ok || !response.body)
    throw new ApiError(503, 'backendError', `${uri}: HTTP ${response.status}`);
  const file = createWriteStream(path);
  await pipeline(Readable.fromWeb(response.body as ReadableStream), file);
  return file.bytesWritten;
}

async function gunzip(file: { path: string }): Promise<void> {
  const plain = `${file.path}.plain`;
  await pipeline(createReadStream(file.path), createGunzip(), createWriteStream(plain));
  file.path = plain;
}

async function startsAsGzip(path: string): Promise<boolean> {
  const bytes = await twoBytes(path, 'first');
  return bytes.length === 2 && bytes.readUInt16BE(0) === GZIP_MAGIC;
}

/**
 * The real one takes lines that end with CRLF as well (recorded); this one refuses them, as the
 * stage never has any.
 */
export async function refuseCrlf(files: readonly string[]): Promise<void> {
  const ends = await Promise.all(files.map((path) => twoBytes(path, 'last')));
  if (ends.some((bytes) => bytes.toString() === '\r\n')) throw unknown('lines that end with CRLF');
}

async function twoBytes(path: string, which: 'first' | 'last'): Promise<Buffer> {
  const handle = await open(path);
  try {
    const position = which === 'first' ? 0 : Math.max(0, (await handle.stat()).size - 2);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, position);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
