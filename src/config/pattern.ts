/**
 * A test of `schema.table` by a pattern of `adutora.yml`: `*` stands for any text, also none, and `?` for one character. It
 * is not a path's glob: those leave out names with a line break, or a dot after a slash (found by random names).
 */
export function matchesPattern(pattern: string): (name: string) => boolean {
  const source = [...pattern]
    .map((unit) => ({ '*': '[^]*', '?': '[^]' })[unit] ?? RegExp.escape(unit))
    .join('');
  const expression = new RegExp(`^${source}$`, 'u');
  return (name) => expression.test(name);
}
