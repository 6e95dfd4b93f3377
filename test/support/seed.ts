/** Below this, as fast-check's seeds must be. */
const LIMIT = 2 ** 31;

/**
 * Where random tests begin. The same sequences unless told otherwise, so that a red gate is the
 * doing of the change under test; `SEED=random` looks elsewhere, `SEED=…` repeats what that found.
 */
export const FIRST_SEED = readSeed(process.env['SEED'] ?? '20261125');

/** `count` seeds from FIRST_SEED on. */
export const seedsOf = (count: number): number[] =>
  Array.from({ length: count }, (_, index) => (FIRST_SEED + index) % LIMIT);

function readSeed(text: string): number {
  if (text === 'random') return Math.floor(Math.random() * LIMIT);
  const seed = Number(text);
  if (/^\d+$/.test(text) && seed < LIMIT) return seed;
  throw new Error(`SEED is "random" or a whole number below ${LIMIT}, not ${text}.`);
}
