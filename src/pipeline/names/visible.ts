/**
 * Control and format characters (those that turn the direction of writing among them), lone
 * surrogates, line and paragraph separators.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Text from elsewhere, such as a name, with everything that a terminal would obey instead of
 * showing as `\uXXXX` (`\n`, `\r`, `\t`).
 */
export function visible(text: string): string {
  return replaceUnseen(text, escaped);
}

/** The text with each character that is not seen replaced. */
export function replaceUnseen(text: string, replace: (character: string) => string): string {
  return text.replaceAll(UNSEEN, replace);
}

/** One character as JSON, too, writes it: such text stays the same value there. */
export function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return SHORT[character] ?? units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
