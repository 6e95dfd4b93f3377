import { distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import { cut } from './shown-value.ts';

/** The part of a JSON Schema that says which keys there are. */
interface Keys {
  properties?: Record<string, Keys>;
  additionalProperties?: Keys | boolean;
}
type Issue = z.core.$ZodIssue;

/** As far as a mistyped key may be from one that there is. */
const NEAR = 3;
/** What zod calls a type, in the words of somebody who writes YAML. */
const TYPES: Record<string, string> = {
  string: 'text',
  object: 'keys with values',
  record: 'keys with values',
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
};

/**
 * Problems of a parsed `adutora.yml`: place, what was expected and what was given; for a key that
 * is not there, the one that is meant.
 */
export function ruleProblems(issue: Issue, parsed: unknown, schema: Keys): string[] {
  const place = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, place);
    return issue.keys.map(
      (key) => `${shownPlace([...place, key])}: there is no such key.${nearKey(key, known)}`,
    );
  }
  const value = issue.code === 'invalid_key' ? place.at(-1) : valueAt(parsed, issue.path);
  return [`${shownPlace(place) || '(top)'}: ${expected(issue)}, got ${shownValue(value, place)}`];
}

/** A key of `mask: hmac` belongs into a setting, and may have been written here. */
function shownValue(value: unknown, place: readonly string[]): string {
  const text = JSON.stringify(value ?? null);
  if (text === 'null') return 'nothing';
  return place.at(-1) === 'mask' ? 'a value that is not shown' : cut(text);
}

function shownPlace(place: readonly string[]): string {
  return place.map((key) => cut(key)).join('.');
}

function expected(issue: Issue): string {
  // What the schema says in its own words.
  if (!/^(Invalid|Too) /.test(issue.message)) return issue.message;
  if (issue.code === 'invalid_type') return `expected ${TYPES[issue.expected] ?? issue.expected}`;
  if (issue.code === 'invalid_value') return `expected ${issue.values.map(String).join(' or ')}`;
  if (issue.code === 'too_small') return `expected ${issue.minimum}${unit(issue.origin)} or more`;
  if (issue.code === 'too_big') return `expected ${issue.maximum}${unit(issue.origin)} at most`;
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message;
  return issue.message;
}

function unit(origin: string): string {
  return { string: ' characters', array: ' entries' }[origin] ?? '';
}

function keysAt(schema: Keys, path: readonly string[]): string[] {
  const end = path.reduce<Keys | undefined>((level, key) => {
    const other = level?.additionalProperties;
    return level?.properties?.[key] ?? (typeof other === 'object' ? other : undefined);
  }, schema);
  return Object.keys(end?.properties ?? {});
}

function nearKey(key: string, known: readonly string[]): string {
  const apart = (one: string) => distance(one.toLowerCase(), key.toLowerCase());
  const [near] = known.filter((one) => apart(one) <= NEAR).sort((a, b) => apart(a) - apart(b));
  return near ? ` Did you mean ${near}?` : ` There are: ${known.join(', ')}.`;
}

function valueAt(parsed: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    parsed,
  );
}
