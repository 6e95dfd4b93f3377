/** A length as MySQL's protocol writes it, and then the bytes. */
export function lengthEncoded(value: Buffer): Buffer {
  const { length } = value;
  if (length < 251) return Buffer.concat([Buffer.from([length]), value]);
  const head = Buffer.alloc(length < 2 ** 16 ? 3 : length < 2 ** 24 ? 4 : 9);
  head[0] = head.length === 3 ? 0xfc : head.length === 4 ? 0xfd : 0xfe;
  if (head.length === 9) head.writeBigUInt64LE(BigInt(length), 1);
  else head.writeUIntLE(length, 1, head.length - 1);
  return Buffer.concat([head, value]);
}

/** The values of a row as the text protocol sends them; null is NULL. */
export const rowPacket = (values: readonly (Buffer | null)[]): Buffer =>
  Buffer.concat(values.map((value) => (value === null ? Buffer.from([0xfb]) : lengthEncoded(value))));
