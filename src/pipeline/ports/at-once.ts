/** The items in parts of at most `size`, in their order. */
export function parts<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/**
 * Calls for each item, `size` at a time: the next part begins when the last has ended. The answers,
 * in order.
 */
export async function mapAtOnce<T, R>(
  items: readonly T[],
  size: number,
  call: (item: T) => Promise<R>,
): Promise<R[]> {
  const answers: R[] = [];
  for (const part of parts(items, size)) answers.push(...(await Promise.all(part.map(call))));
  return answers;
}
