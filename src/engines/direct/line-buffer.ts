const QUOTE = 0x22;
/** Bytes of a chunk. */
const CHUNK = 1024 * 1024;
/** Up to here a loop is cheaper than a call into Node. */
const SHORT = 64;
/** The same of text whose quotes are to be looked for. */
const SHORT_TEXT = 256;
/** Bytes that become base64 by one call: a multiple of three. */
const PIECE = 48 * 1024;
const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const PAD = 0x3d;

/**
 * Where lines are written, byte by byte: a chunk of about 1 MB at a time, which `flush` takes over.
 * Nothing here looks whether there is room: `reserve` comes first.
 */
export class LineBuffer {
  readonly #flush: (chunk: Buffer) => void;
  #bytes = Buffer.alloc(0);
  #at = 0;

  constructor(flush: (chunk: Buffer) => void) {
    this.#flush = flush;
  }

  /** Makes room; what is there already is handed over if it must. To be called between two rows. */
  reserve(length: number): void {
    if (this.#bytes.length - this.#at >= length) return;
    this.flush();
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(CHUNK, length));
  }

  /** Hands over what is there. */
  flush(): void {
    if (this.#at > 0) this.#flush(this.#bytes.subarray(0, this.#at));
    this.#bytes = Buffer.alloc(0);
    this.#at = 0;
  }

  byte(value: number): void {
    this.#bytes[this.#at] = value;
    this.#at += 1;
  }

  /** `source[from, to)` as it is. */
  raw(source: Buffer, from: number, to: number): void {
    const bytes = this.#bytes;
    let at = this.#at;
    if (to - from > SHORT) at += source.copy(bytes, at, from, to);
    else for (let next = from; next < to; next += 1, at += 1) bytes[at] = source[next] as number;
    this.#at = at;
  }

  /** `source[from, to)` in double quotes, with its own quotes doubled. */
  quoted(source: Buffer, from: number, to: number): void {
    this.byte(QUOTE);
    if (to - from > SHORT_TEXT) this.#long(source, from, to);
    else this.#doubling(source, from, to);
    this.byte(QUOTE);
  }

  #doubling(source: Buffer, from: number, to: number): void {
    const bytes = this.#bytes;
    let at = this.#at;
    for (let next = from; next < to; next += 1, at += 1) {
      const value = source[next] as number;
      bytes[at] = value;
      if (value === QUOTE) {
        at += 1;
        bytes[at] = QUOTE;
      }
    }
    this.#at = at;
  }

  /** Copies stretches without a quote, where they are long enough to be worth the search. */
  #long(source: Buffer, from: number, to: number): void {
    const value = source.subarray(0, to);
    let next = from;
    while (next < to) {
      const found = value.indexOf(QUOTE, next);
      const quote = found === -1 ? to : found;
      this.raw(source, next, quote);
      // Where one quote was near, the next one is.
      const end = Math.min(to, quote - next < SHORT_TEXT ? quote + SHORT_TEXT : quote + 1);
      this.#doubling(source, quote, end);
      next = end;
    }
  }

  /** `source[from, to)` as base64. */
  base64(source: Buffer, from: number, to: number): void {
    if (to - from <= SHORT) {
      this.#shortBase64(source, from, to);
      return;
    }
    for (let next = from; next < to; next += PIECE)
      this.ascii(source.toString('base64', next, Math.min(to, next + PIECE)));
  }

  #shortBase64(source: Buffer, from: number, to: number): void {
    const whole = to - ((to - from) % 3);
    for (let next = from; next < whole; next += 3) {
      const high = ((source[next] as number) << 16) | ((source[next + 1] as number) << 8);
      this.#sextets(high | (source[next + 2] as number), 4);
    }
    if (whole === to) return;
    const hasTwo = to - whole === 2;
    this.#sextets(
      ((source[whole] as number) << 16) | (hasTwo ? (source[whole + 1] as number) << 8 : 0),
      hasTwo ? 3 : 2,
    );
    for (let pad = hasTwo ? 1 : 2; pad > 0; pad -= 1) this.byte(PAD);
  }

  #sextets(bits: number, count: number): void {
    for (let place = 0; place < count; place += 1)
      this.byte(ALPHABET[(bits >> (18 - 6 * place)) & 63] as number);
  }

  /** A text of ASCII. */
  ascii(text: string): void {
    this.#at += this.#bytes.write(text, this.#at, 'latin1');
  }
}
