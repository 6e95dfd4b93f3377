/** The payload of one packet that is full. */
export const FULL = 0xff_ff_ff;

/** A value of a row: its bytes, or NULL. */
export type Value = Buffer | null;

/** Of a server that speaks protocol 4.1 with plugins; encryption where it has a certificate. */
const CAPABILITIES = 0x1 | 0x200 | 0x8000 | 0x80000;
const SSL = 0x800;

export function greeting(hasTls: boolean): Buffer {
  const flags = CAPABILITIES | (hasTls ? SSL : 0);
  return Buffer.concat([
    Buffer.from([10]),
    text('8.0.31'),
    Buffer.from([1, 0, 0, 0]),
    Buffer.alloc(8, 'k'),
    Buffer.from([0, flags & 0xff, (flags >> 8) & 0xff, 45, 2, 0, (flags >> 16) & 0xff, flags >> 24, 21]),
    Buffer.alloc(10),
    Buffer.alloc(12, 'k'),
    Buffer.from([0]),
    text('mysql_native_password'),
  ]);
}

export const text = (value: string) => Buffer.from(`${value}\0`);

export const OK = Buffer.from([0, 0, 0, 2, 0, 0, 0]);
/** What ends the columns, and the rows; `status` 8 promises another answer. */
export const endPacket = (status = 2) => Buffer.from([0xfe, 0, 0, status, 0]);
export const errorPacket = (errno: number, state: string, message: string) =>
  Buffer.concat([Buffer.from([0xff, errno & 0xff, errno >> 8]), Buffer.from(`#${state}${message}`)]);

/** One packet; what is longer than `FULL` becomes several, as MySQL sends it. */
export function packet(payload: Buffer, sequence: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at <= payload.length; at += FULL) {
    const part = payload.subarray(at, at + FULL);
    const head = Buffer.alloc(4);
    head.writeUIntLE(part.length, 0, 3);
    head.writeUInt8((sequence + parts.length / 2) & 0xff, 3);
    parts.push(head, part);
  }
  return Buffer.concat(parts);
}

/** Packets one after the other, numbered from `first`. */
export function packets(payloads: readonly Buffer[], first = 1): Buffer[] {
  let sequence = first;
  return payloads.map((payload) => {
    const bytes = packet(payload, sequence);
    sequence += Math.floor(payload.length / FULL) + 1;
    return bytes;
  });
}

/** The bytes in pieces, with an edge at each place, taken within them. */
export function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const edges = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].toSorted(
    (a, b) => a - b,
  );
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
}

/** The packets before the rows of so many columns. */
export function columns(count: number): Buffer[] {
  const column = Buffer.concat([
    ...['def', '', '', '', 'c', ''].map((name) => lengthCoded(Buffer.from(name))),
    Buffer.from([0x0c, 45, 0, 0xff, 0, 0, 0, 0xfd, 0, 0, 0, 0, 0]),
  ]);
  return [lengthOf(count), ...Array.from({ length: count }, () => column), endPacket()];
}

/** The payload of a row. */
export function encodeRow(values: readonly Value[]): Buffer {
  return Buffer.concat(values.map((value) => (value === null ? Buffer.from([0xfb]) : lengthCoded(value))));
}

/** The values of a row's payload. Throws where they do not end where it does. */
export function decodeRow(payload: Buffer): Value[] {
  const values: Value[] = [];
  let at = 0;
  while (at < payload.length) {
    const first = payload.readUInt8(at);
    if (first === 0xfb) {
      values.push(null);
      at += 1;
      continue;
    }
    const width = { 252: 2, 253: 3, 254: 6 }[first];
    const length = width ? payload.readUIntLE(at + 1, width) : first;
    at += first === 0xfe ? 9 : 1 + (width ?? 0);
    if (at + length > payload.length) throw new Error('A value ends behind its row.');
    values.push(Buffer.from(payload.subarray(at, at + length)));
    at += length;
  }
  return values;
}

function lengthCoded(value: Buffer): Buffer {
  return Buffer.concat([lengthOf(value.length), value]);
}

function lengthOf(length: number): Buffer {
  const [first, width] =
    length < 0xfb ? [length, 0] : length < 0x1_00_00 ? [0xfc, 2] : length <= FULL ? [0xfd, 3] : [0xfe, 8];
  const bytes = Buffer.alloc(1 + width, 0);
  bytes.writeUInt8(first, 0);
  if (width > 0) bytes.writeUIntLE(length, 1, Math.min(width, 6));
  return bytes;
}
