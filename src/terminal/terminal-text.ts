import { styleText } from 'node:util';
import { escaped, replaceUnseen } from '../pipeline/names/index.ts';

/** Marks the control sequences of this process: no name from elsewhere knows it. */
const OWN = 100_000 + Math.floor(Math.random() * 900_000);
const ESC = '\u001b';
const STYLE = new RegExp(`${ESC}\\[(\\d+)m`, 'g');
const OWN_SEQUENCE = new RegExp(`(${ESC}\\[(?:\\d+;)?${OWN}[mK])`);
const KEPT = new Set(['\n', '\t']);

/** Empties the line that the cursor is in. */
export const CLEAR_LINE = `\u001b[${OWN}K`;

/** The text in a style, on a terminal that wants it (NO_COLOR, FORCE_COLOR). */
export function styled(style: Parameters<typeof styleText>[0], text: string): string {
  return styleText(style, text, { stream: process.stdout }).replaceAll(STYLE, `\u001b[$1;${OWN}m`);
}

/**
 * What goes to a terminal: our own sequences as it takes them, lines and tabs as they are, and
 * everything else that it would obey as `visible` writes it.
 */
export function toTerminal(text: string): string {
  return escapeOthers(
    text,
    (character) => (KEPT.has(character) ? character : escaped(character)),
    (own) => (own === CLEAR_LINE ? '\r\u001b[K' : own.replace(`;${OWN}`, '')),
  );
}

/** The text in one line, our own sequences kept for `toTerminal`. */
export function inOneLine(text: string): string {
  return escapeOthers(text, escaped, (own) => own);
}

function escapeOthers(
  text: string,
  escapeOne: (character: string) => string,
  keep: (own: string) => string,
): string {
  const parts = text.split(OWN_SEQUENCE);
  return parts.map((part, index) => (index % 2 === 1 ? keep(part) : replaceUnseen(part, escapeOne))).join('');
}
