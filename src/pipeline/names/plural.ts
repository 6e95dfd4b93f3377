/** A count with its word: `1 table`, `2 tables`; `shown` is the count as people read it. */
export function plural(count: number, one: string, shown = String(count)): string {
  return `${shown} ${count === 1 ? one : `${one}s`}`;
}
