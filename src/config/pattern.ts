/**
 * A test of `schema.table` by a pattern of `adutora.yml`: `*` stands for any text, also none, and
 * `?` for one character. It is not a path's glob: those leave out names with a line break, or a dot
 * after a slash (found by random names).
 *
 * What stands between two `*` is looked for from the left and never given back, so the effort is at
 * most the name's length times the pattern's. A regular expression would try every division of the
 * name among the stars.
 */
export function matchesPattern(pattern: string): (name: string) => boolean {
  const [first = [], ...others] = pattern.split('*').map((part) => [...part]);
  const last = others.pop();
  return (name) => {
    const units = [...name];
    if (last === undefined) return units.length === first.length && fitsAt(units, first, 0);
    const end = units.length - last.length;
    if (end < first.length || !fitsAt(units, first, 0) || !fitsAt(units, last, end)) return false;
    let from = first.length;
    for (const part of others) {
      const at = find(units, part, { from, end });
      if (at === null) return false;
      from = at + part.length;
    }
    return true;
  };
}

function find(
  units: readonly string[],
  part: readonly string[],
  { from, end }: { from: number; end: number },
): number | null {
  for (let at = from; at + part.length <= end; at += 1) if (fitsAt(units, part, at)) return at;
  return null;
}

function fitsAt(units: readonly string[], part: readonly string[], at: number): boolean {
  return part.every((unit, index) => unit === '?' || unit === units[at + index]);
}
