const WORDS =
  'carefully final deposits quickly ironic packages furiously regular accounts sleep above blithely express requests haggle pending theodolites bold foxes ação según naïve even slyly unusual pinto beans the among instructions'.split(
    ' ',
  );

/** A whole number from 0, below `limit`. */
export type Random = (limit: number) => number;

/** The same numbers for the same seed (mulberry32). */
export function randomOf(seed: number): Random {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

export function word(random: Random): string {
  return WORDS[random(WORDS.length)] ?? '';
}

/** Words, of at most so many bytes together. */
export function words(bytes: number, random: Random): string {
  let text = '';
  for (;;) {
    const longer = `${text}${text && ' '}${word(random)}`;
    if (Buffer.byteLength(longer) > bytes) return text;
    text = longer;
  }
}

/** A date, by its days after 1992-01-01. */
export function date(day: number): string {
  return new Date(Date.UTC(1992, 0, 1 + day)).toISOString().slice(0, 10);
}

/** `HH:MM:SS.ffffff` */
export function time(random: Random): string {
  const two = (limit: number) => digits(random(limit), 2);
  return `${two(24)}:${two(60)}:${two(60)}.${digits(random(1_000_000), 6)}`;
}

export function digits(value: number, count: number): string {
  return String(value).padStart(count, '0');
}
