import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A row of the decision table of docs/verify.md. */
export interface DocumentedCheck {
  number: number;
  decision: string;
  reason: string;
  /** What differs from an untouched table, by the names of `DecisionFacts`. */
  facts: Record<string, unknown>;
}

const ROW = /^\| (\d+) +\| (\w+) +\| `(\w+)` +\| .+ \| `(\{.*\})` +\|$/gm;

/** The checks as docs/verify.md has them. */
export function documentedChecks(): DocumentedCheck[] {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'verify.md'), 'utf8');
  return [...text.matchAll(ROW)].map(([, number, decision = '', reason = '', facts = '{}']) => ({
    number: Number(number),
    decision,
    reason,
    facts: JSON.parse(facts),
  }));
}

/** `changes` laid over `base`, key by key; null replaces whole. */
export function mergeDeep<T>(base: T, changes: unknown): T {
  if (!isObject(base) || !isObject(changes)) return changes as T;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(changes)) {
    // A union's members have other keys each: they replace one another.
    merged[key] = key === 'updateTime' ? value : mergeDeep(merged[key], value);
  }
  return merged as T;
}

/** Whether two changes say different things of one fact, so that they cannot hold together. */
export function contradict(one: unknown, other: unknown): boolean {
  if (!isObject(one) || !isObject(other)) return JSON.stringify(one) !== JSON.stringify(other);
  return Object.keys(one).some((key) => key in other && contradict(one[key], other[key]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
