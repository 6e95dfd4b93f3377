/**
 * `{name}` is text without slash and colon, `{name#}` a number of at most 9 digits, `{name*}` any
 * text.
 */
type Slot<Template extends string> = Template extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Slot<Rest>
  : never;
type Bare<Name extends string> = Name extends `${infer Word}#` | `${infer Word}*` ? Word : Name;
type Parts<Template extends string> = {
  [Name in Slot<Template> as Bare<Name>]: Name extends `${string}#` ? number : string;
};

/** One grammar, both ways: `parse(make(parts))` equals `parts`. */
export interface Grammar<P> {
  make(parts: P): string;
  /** Null for what is no such name. */
  parse(name: string): P | null;
}

const SLOT = /\{(\w+)([#*]?)\}/g;
/** A table's hash may read `a` and 11 digits (`-a12345678901`): that is no number of an attempt. */
const PATTERNS: Readonly<Record<string, string>> = { '': '[^/:]+', '#': '0|[1-9]\\d{0,8}', '*': '.+' };

/**
 * The grammar of a template such as `{loadId}-a{attemptNumber#}`. What stands between slots is
 * meant as it is.
 */
export function grammar<const Template extends string>(template: Template): Grammar<Parts<Template>> {
  const slots = [...template.matchAll(SLOT)].map(([, name = '', kind = '']) => ({ name, kind }));
  const literals = template
    .split(/\{\w+[#*]?\}/)
    .map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const groups = slots.map(({ kind }) => `(${PATTERNS[kind]})`);
  const pattern = new RegExp(`^${literals.map((text, index) => text + (groups[index] ?? '')).join('')}$`);
  const make = (parts: Record<string, string | number>) =>
    template.replaceAll(SLOT, (_, name: string) => String(parts[name]));
  const parse = (text: string) => {
    const found = pattern.exec(text);
    if (!found) return null;
    const values = slots.map(({ name, kind }, index) => {
      const value = found[index + 1] ?? '';
      return [name, kind === '#' ? Number(value) : value];
    });
    return Object.fromEntries(values) as Parts<Template>;
  };
  return { make: make as Grammar<Parts<Template>>['make'], parse };
}
