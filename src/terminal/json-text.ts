/** Keys below these are data, such as names of columns: they are printed as they are. */
const DATA: ReadonlySet<string> = new Set(['policy_counts']);

/**
 * What `--json` prints: every key in snake_case, as the history table spells its columns. Values
 * stay as they are, and so do keys that are data.
 */
export function jsonText(value: unknown): string {
  return JSON.stringify(snakeCased(value));
}

function snakeCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCased);
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const name = key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      return [name, DATA.has(name) ? inner : snakeCased(inner)];
    }),
  );
}
