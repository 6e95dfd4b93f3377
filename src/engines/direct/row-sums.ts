/** Rows after which the sums go to where nothing is rounded: 2^20 numbers below 2^32. */
const ROWS = 2 ** 20;

/**
 * Sums of the rows' checksums by halves of 60 bits, which are 15 hex digits each: the same as
 * `source/questions/fingerprint.ts` makes in MySQL.
 */
export class RowSums {
  #rows = 0;
  readonly #first = new HalfSum();
  readonly #second = new HalfSum();

  /** The checksum of one row: 30 hex digits in `source[from, …)`. */
  add(source: Uint8Array, from: number): void {
    this.#first.add(source, from);
    this.#second.add(source, from + 15);
    this.#rows += 1;
    if (this.#rows % ROWS === 0) this.#fold();
  }

  /** `rows:sum:sum`; null where not every one of `rows` had a checksum. */
  of(rows: number): string | null {
    this.#fold();
    return this.#rows === rows ? `${rows}:${this.#first.sum}:${this.#second.sum}` : null;
  }

  #fold(): void {
    this.#first.fold();
    this.#second.fold();
  }
}

class HalfSum {
  sum = 0n;
  #high = 0;
  #low = 0;

  add(source: Uint8Array, from: number): void {
    this.#high += hex(source, from, 7);
    this.#low += hex(source, from + 7, 8);
  }

  fold(): void {
    this.sum += (BigInt(this.#high) << 32n) + BigInt(this.#low);
    this.#high = 0;
    this.#low = 0;
  }
}

function hex(source: Uint8Array, from: number, digits: number): number {
  let value = 0;
  for (let at = from; at < from + digits; at += 1) {
    const byte = source[at] as number;
    // 0 to 9, then a to f in either case.
    value = value * 16 + (byte < 0x3a ? byte - 0x30 : (byte | 0x20) - 0x57);
  }
  return value;
}
