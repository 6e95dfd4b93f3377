import type { FileMetadata } from '@google-cloud/storage';
import type { ObjectFacts } from '../../pipeline/ports/index.ts';

/** An object as the client's metadata describe it. */
export function toFacts({ name, metadata }: { name: string; metadata: FileMetadata }): ObjectFacts {
  return {
    name,
    bytes: Number(metadata.size),
    crc32c: metadata.crc32c ?? '',
    generation: String(metadata.generation),
  };
}

/** A CRC-32C as Cloud Storage writes it: base64 of the big-endian bytes. */
export function crcText(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString('base64');
}
