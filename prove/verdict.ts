/** The target cannot decide an assertion; the message says why. */
export class Undecided extends Error {
  override readonly name = 'Undecided';
}

/** The sentence of an assertion is false: what was observed instead. */
export class Disproved extends Error {
  override readonly name = 'Disproved';
}

/** Throws `Disproved` unless both are the same, compared as JSON. */
export function expectSame(actual: unknown, expected: unknown, what: string): void {
  const [one, other] = [stableJson(actual), stableJson(expected)];
  if (one !== other) throw new Disproved(`${what}: expected ${other}, observed ${one}`);
}

export function expectTrue(isTrue: boolean, otherwise: string): void {
  if (!isTrue) throw new Disproved(otherwise);
}

/** Runs what must be refused with one of these codes (HTTP or gRPC); the refusal's first line. */
export async function expectRefused(codes: readonly number[], call: () => Promise<unknown>): Promise<string> {
  let answer: unknown;
  try {
    answer = await call();
  } catch (error) {
    const code = codeOf(error);
    if (isNotImplemented(error)) throw error;
    const line = (error as Error).message.split('\n')[0] ?? '';
    if (code !== undefined && codes.includes(code)) return `${code}: ${line}`;
    throw new Disproved(`expected ${codes.join(' or ')}, was refused with ${code}: ${line}`);
  }
  throw new Disproved(
    `expected ${codes.join(' or ')}, but it was accepted: ${stableJson(answer).slice(0, 200)}`,
  );
}

/** HTTP status or gRPC code of a vendor's error. */
export function codeOf(error: unknown): number | undefined {
  const { code } = error as { code?: unknown };
  return code === undefined || Number.isNaN(Number(code)) ? undefined : Number(code);
}

const NOT_IMPLEMENTED = 501;

/** How the stand-ins say that they do not know something. */
export function isNotImplemented(error: unknown): boolean {
  return codeOf(error) === NOT_IMPLEMENTED;
}

function stableJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => a.localeCompare(b)))
      : inner,
  );
}
