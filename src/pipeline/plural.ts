/** A count with its word: `1 table`, `2 tables`; with thousands apart. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}
