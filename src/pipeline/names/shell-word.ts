import { replaceUnseen, visible } from './visible.ts';

const PLAIN = /^[A-Za-z0-9_./:=@%+,-]+$/;

/**
 * The word as a shell takes it back. What a terminal would not show is written `$'\xNN'` (bash,
 * zsh, ksh), so that what is shown can be pasted; everything else needs single quotes at most.
 */
export function shellWord(word: string): string {
  if (PLAIN.test(word)) return word;
  if (visible(word) === word) return `'${word.replaceAll("'", "'\\''")}'`;
  return `$'${replaceUnseen(word.replaceAll(/[\\']/g, '\\$&'), bytes)}'`;
}

function bytes(character: string): string {
  return [...new TextEncoder().encode(character)]
    .map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`)
    .join('');
}
