/** First bytes in a row of MySQL's text protocol: a NULL, lengths of 2, 3 and 8 bytes. */
export const NULL_VALUE = 0xfb;
const TWO_BYTES = 0xfc;
const THREE_BYTES = 0xfd;

/** How many bytes of a length follow its first byte, where that is above `NULL_VALUE`. */
export const lengthWidth = (first: number): number =>
  first === TWO_BYTES ? 2 : first === THREE_BYTES ? 3 : 8;

/** The length that follows its first byte at `at`. */
export function longLength(source: Uint8Array, at: number, first: number): number {
  const low = (source[at] as number) | ((source[at + 1] as number) << 8);
  if (first === TWO_BYTES) return low;
  const three = low | ((source[at + 2] as number) << 16);
  if (first === THREE_BYTES) return three;
  // No value has 4 GiB: the four high bytes are 0, or the packet is none.
  const high = [4, 5, 6, 7].reduce((sum, place) => sum + (source[at + place] as number), 0);
  return high === 0 ? three + (source[at + 3] as number) * 2 ** 24 : Number.POSITIVE_INFINITY;
}

/**
 * Where the values of a row are: `from` and `to` in turn, -1 for NULL. For what is not done to
 * every row: it makes an array.
 */
export function boundsOf(source: Uint8Array, start: number, count: number): number[] {
  const bounds: number[] = [];
  let at = start;
  for (let index = 0; index < count; index += 1) {
    const first = source[at] as number;
    at += 1;
    if (first === NULL_VALUE) {
      bounds.push(-1, -1);
      continue;
    }
    const isLong = first > NULL_VALUE;
    const length = isLong ? longLength(source, at, first) : first;
    if (isLong) at += lengthWidth(first);
    bounds.push(at, at + length);
    at += length;
  }
  return bounds;
}
