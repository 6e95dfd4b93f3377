/** The payload of one packet that is full; what is longer goes on in the next. */
const FULL = 0xff_ff_ff;
const HEADER = 4;
const END_OF_ROWS = 0xfe;
const ERROR = 0xff;
/** Shorter than a row that begins with 0xfe can be. */
const LONGEST_END = 8;
/** What holds a row in pieces stays for the next one; not where a giant passed. */
const KEPT_BYTES = 1 << 20;

/** What the packet after this one is: no row, a row, or none of this answer. */
type Next = 'packet' | 'row' | 'nothing';

/** Hears the packets of one answer. */
export interface PacketListener {
  /** One that is no row: before the rows, or what ends them. Whole, with its header. */
  packet(bytes: Buffer): Next;
  /** The payload of a row, in `buffer[start, end)`: valid during the call only. */
  row(buffer: Buffer, start: number, end: number): void;
}

/** The server broke MySQL's protocol: no row after it can be trusted. */
export class BrokenProtocol extends Error {
  readonly code = 'PROTOCOL_ERROR';
}

/**
 * Walks the packets of one answer to a text query, in whatever pieces they come. A row that lies
 * whole in a piece is handed on where it lies; no object is made for it. Throws `BrokenProtocol`,
 * and what its listener throws; it is of no more use then.
 *
 * @see https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response.html
 */
export class RowPackets {
  readonly #listener: PacketListener;
  #next: Next = 'packet';
  /** The command itself was number 0. */
  #sequence = 1;
  /** Of a packet in pieces: its header, and how much of that has come. */
  readonly #header = Buffer.alloc(HEADER);
  #headerBytes = 0;
  /** Of its payload: how much is still to come. */
  #missing = 0;
  /** Its payload so far, behind those of the full packets that it goes on from. */
  #payload: Buffer = Buffer.alloc(0);
  #payloadBytes = 0;

  constructor(listener: PacketListener) {
    this.#listener = listener;
  }

  /** Takes the next piece. Gives what lies in it behind the answer; null while there is more. */
  take(piece: Buffer): Buffer | null {
    let at = 0;
    while (at < piece.length && this.#next !== 'nothing') {
      if (this.#next === 'row' && this.#headerBytes + this.#payloadBytes === 0)
        at = this.#wholeRows(piece, at);
      if (at < piece.length) at = this.#part(piece, at);
    }
    return this.#next === 'nothing' ? piece.subarray(at) : null;
  }

  /** Up to the first packet that is no row, or does not lie whole in the piece. */
  #wholeRows(piece: Buffer, from: number): number {
    const listener = this.#listener;
    const end = piece.length;
    let sequence = this.#sequence;
    let at = from;
    while (at + HEADER < end) {
      const length = byte(piece, at) | (byte(piece, at + 1) << 8) | (byte(piece, at + 2) << 16);
      const next = at + HEADER + length;
      if (next > end || length === 0 || length === FULL) break;
      if (isEnd(byte(piece, at + HEADER), length)) break;
      if (piece[at + 3] !== sequence) throw outOfOrder(sequence, byte(piece, at + 3));
      sequence = (sequence + 1) & 0xff;
      listener.row(piece, at + HEADER, next);
      at = next;
    }
    this.#sequence = sequence;
    return at;
  }

  /** One packet, or the part of it that has come. */
  #part(piece: Buffer, from: number): number {
    let at = from;
    if (this.#headerBytes < HEADER) {
      const copied = piece.copy(this.#header, this.#headerBytes, at);
      this.#headerBytes += copied;
      at += copied;
      if (this.#headerBytes < HEADER) return at;
      this.#open();
    }
    const copied = Math.min(this.#missing, piece.length - at);
    piece.copy(this.#payload, this.#payloadBytes, at, at + copied);
    this.#payloadBytes += copied;
    this.#missing -= copied;
    if (this.#missing === 0) this.#end();
    return at + copied;
  }

  #open(): void {
    const sequence = byte(this.#header, 3);
    if (sequence !== this.#sequence) throw outOfOrder(this.#sequence, sequence);
    this.#sequence = (sequence + 1) & 0xff;
    this.#missing = this.#header.readUIntLE(0, 3);
    const wanted = this.#payloadBytes + this.#missing;
    if (wanted <= this.#payload.length) return;
    const wider = Buffer.allocUnsafeSlow(Math.max(wanted, Math.ceil(this.#payload.length * 1.5)));
    this.#payload.copy(wider, 0, 0, this.#payloadBytes);
    this.#payload = wider;
  }

  #end(): void {
    this.#headerBytes = 0;
    if (this.#header.readUIntLE(0, 3) === FULL) return;
    const bytes = this.#payloadBytes;
    this.#payloadBytes = 0;
    this.#hand(bytes);
    if (this.#payload.length > KEPT_BYTES) this.#payload = Buffer.alloc(0);
  }

  #hand(bytes: number): void {
    const payload = this.#payload;
    if (bytes === 0) throw new BrokenProtocol('MySQL sent an empty packet');
    if (this.#next === 'row' && !isEnd(byte(payload, 0), bytes)) {
      this.#listener.row(payload, 0, bytes);
      return;
    }
    if (bytes >= FULL) throw new BrokenProtocol('MySQL sent a packet of 16 MB that is no row');
    this.#next = this.#listener.packet(Buffer.concat([this.#header, payload.subarray(0, bytes)]));
  }
}

/** A value cannot begin with 0xff, and with 0xfe only where it is longer than 16 MB. */
function isEnd(first: number, length: number): boolean {
  return first === ERROR || (first === END_OF_ROWS && length <= LONGEST_END);
}

function outOfOrder(expected: number, got: number): BrokenProtocol {
  return new BrokenProtocol(`MySQL sent packet ${got} where number ${expected} was to come`);
}

/** The byte there; the caller has seen that there is one. */
function byte(bytes: Buffer, at: number): number {
  return bytes[at] as number;
}
