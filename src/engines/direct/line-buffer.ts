const QUOTE = 0x22;
/** Bytes of a chunk. */
const CHUNK = 1024 * 1024;
/** Up to here a loop is cheaper than a call into Node. */
const SHORT = 64;
/** The same of text whose quotes are to be looked for. */
const SHORT_TEXT = 256;
/** Short values are copied by words, the last of which may reach over their end. */
const WORD = 4;
/** A quote in each byte of a word, the lowest bits, and the highest. */
const QUOTES = 0x22222222;
const LOW_BITS = 0x01010101;
const HIGH_BITS = 0x80808080;
/** Bytes that become base64 by one call: a multiple of three. */
const PIECE = 48 * 1024;
const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const PAD = 0x3d;

/**
 * Takes over a chunk, and gives one that it took before and needs no more, or null. Left to the
 * garbage collector, dozens of them pile up in each thread.
 */
export type Flush = (chunk: Buffer) => Buffer | null;

/**
 * Where lines are written, a chunk of about 1 MB at a time, which `flush` takes over. Nothing here
 * looks whether there is room: `reserve` comes first. What is written are bytes of one source after
 * the other, from and to places in it.
 */
export class LineBuffer {
  readonly #flush: Flush;
  /** Memory of a chunk that was given back. */
  #spare: Buffer | null = null;
  #bytes = Buffer.alloc(0);
  #words = viewOf(this.#bytes);
  #at = 0;
  #source: Buffer = Buffer.alloc(0);
  #sourceWords = viewOf(this.#source);

  constructor(flush: Flush) {
    this.#flush = flush;
  }

  /** The source from now on. Its bytes may have changed, if it is the same. */
  from(source: Buffer): void {
    if (source === this.#source) return;
    this.#source = source;
    this.#sourceWords = viewOf(source);
  }

  /** Makes room; what is there already is handed over if it must. To be called between two rows. */
  reserve(length: number): void {
    const room = length + WORD;
    if (this.#bytes.length - this.#at >= room) return;
    this.flush();
    this.#bytes = this.#chunk(Math.max(CHUNK, room));
    this.#words = viewOf(this.#bytes);
  }

  /** Hands over what is there. */
  flush(): void {
    if (this.#at > 0) this.#spare = this.#flush(this.#bytes.subarray(0, this.#at));
    this.#bytes = Buffer.alloc(0);
    this.#words = viewOf(this.#bytes);
    this.#at = 0;
  }

  #chunk(length: number): Buffer<ArrayBuffer> {
    const { buffer } = this.#spare ?? {};
    this.#spare = null;
    // That of a long row is not kept.
    if (buffer instanceof ArrayBuffer && buffer.byteLength === length) return Buffer.from(buffer);
    return Buffer.allocUnsafeSlow(length);
  }

  byte(value: number): void {
    this.#bytes[this.#at] = value;
    this.#at += 1;
  }

  /** The bytes as they are. */
  raw(from: number, to: number): void {
    const at = this.#at;
    if (to - from > SHORT || to + WORD > this.#source.length) this.#source.copy(this.#bytes, at, from, to);
    else
      for (let next = from, place = at; next < to; next += WORD, place += WORD)
        this.#words.setInt32(place, this.#sourceWords.getInt32(next));
    this.#at = at + to - from;
  }

  /** The bytes in double quotes, with their own quotes doubled. */
  quoted(from: number, to: number): void {
    this.byte(QUOTE);
    if (to - from > SHORT_TEXT) this.#long(from, to);
    else this.#doubling(this.#withoutQuotes(from, to), to);
    this.byte(QUOTE);
  }

  /** Copies word by word up to one with a quote; where it stopped. */
  #withoutQuotes(from: number, to: number): number {
    const at = this.#at;
    const end = Math.min(to, this.#source.length - WORD);
    let next = from;
    for (; next < end; next += WORD) {
      const word = this.#sourceWords.getInt32(next);
      const others = word ^ QUOTES;
      // One of the bytes is 0, which was a quote.
      if (((others - LOW_BITS) & ~others & HIGH_BITS) !== 0) break;
      this.#words.setInt32(at + next - from, word);
    }
    if (next > to) next = to;
    this.#at = at + next - from;
    return next;
  }

  #doubling(from: number, to: number): void {
    const source = this.#source;
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
  #long(from: number, to: number): void {
    const value = this.#source.subarray(0, to);
    let next = from;
    while (next < to) {
      const found = value.indexOf(QUOTE, next);
      const quote = found === -1 ? to : found;
      this.raw(next, quote);
      // Where one quote was near, the next one is.
      const end = Math.min(to, quote - next < SHORT_TEXT ? quote + SHORT_TEXT : quote + 1);
      this.#doubling(quote, end);
      next = end;
    }
  }

  /** The bytes as base64. */
  base64(from: number, to: number): void {
    if (to - from <= SHORT) {
      this.#shortBase64(from, to);
      return;
    }
    for (let next = from; next < to; next += PIECE)
      this.ascii(this.#source.toString('base64', next, Math.min(to, next + PIECE)));
  }

  #shortBase64(from: number, to: number): void {
    const source = this.#source;
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

const viewOf = ({ buffer, byteOffset, length }: Buffer) => new DataView(buffer, byteOffset, length);
