import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesPattern } from '../../../src/config/pattern.ts';

describe('patterns of include and exclude', () => {
  it.each([
    ['a.*', 'a.b\n/.c', true],
    ['a.*', 'ab.c', false],
    ['*.tmp?', 'x.tmp1', true],
    ['*.tmp?', 'x.tmp', false],
    ['a.b+(c)', 'a.b+(c)', true],
    ['a.b', 'a.B', false],
    ['a.?', 'a.🎓', true],
    ['a*a', 'a', false],
    ['a**b', 'ab', true],
    ['*ab*ab', 'xabab', true],
    ['*ab*ab', 'xab', false],
  ])('takes %j as a pattern of %j: %s', (pattern, name, isMatch) => {
    expect(matchesPattern(pattern)(name)).toBe(isMatch);
  });

  it('matches as one that tries everything', () => {
    const few = (letters: string) => fc.string({ unit: fc.constantFrom(...letters), maxLength: 8 });
    const tries = (pattern: string, name: string): boolean => {
      const [head = '', rest] = [pattern[0], pattern.slice(1)];
      if (head === '') return name === '';
      if (head === '*') return tries(rest, name) || (name !== '' && tries(pattern, name.slice(1)));
      return name !== '' && (head === '?' || head === name[0]) && tries(rest, name.slice(1));
    };
    fc.assert(
      fc.property(few('ab?*'), few('ab'), (pattern, name) => {
        expect(matchesPattern(pattern)(name)).toBe(tries(pattern, name));
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes no longer for a pattern of many stars than for another', () => {
    const name = `${'a'.repeat(64)}.${'a'.repeat(64)}`;
    expect(matchesPattern(`${'*a'.repeat(60)}b`)(name)).toBe(false);
    expect(matchesPattern(`${'*a'.repeat(60)}*`)(name)).toBe(true);
  });
});
