import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { distance } from 'fastest-levenshtein';

/** As much of a text as an error shows; more would push the error itself off the screen. */
const SHOWN = 80;
/** As far as a mistyped word may be from one that there is. */
const NEAR = 3;
const PATH_END = /\.(pem|crt|cer|jar|env|yml|yaml|txt)$/i;
const SHORT_NUMBER = /^-?\d{1,6}$/;
const CRON_LIKE = /^[\d\s*/,-]{1,40}$/;

/** The text, or its beginning and how long it is. */
export function cut(text: string, most = SHOWN): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most)}… (${text.length.toLocaleString('en-US')} characters)`;
}

/**
 * What was given to a setting, for an error: the value only where it can hardly be a secret that
 * was put into the wrong line (a short number, digits of a schedule), else its length, and the word
 * that was probably meant.
 */
export function shownGiven(raw: string, choices: readonly string[] = []): string {
  if (SHORT_NUMBER.test(raw) || CRON_LIKE.test(raw)) return `got ${JSON.stringify(raw)}`;
  const near = nearest(raw, choices);
  const meant = near === null ? '' : ` Did you mean ${near}?`;
  return `got ${raw.length.toLocaleString('en-US')} characters, which are not shown.${meant}`;
}

/** The path, if it is one: another text may be a secret in the wrong line. */
export function shownPath(path: string): string {
  const folder = dirname(path);
  const isPath = PATH_END.test(path) || (path.includes('/') && folder !== '/' && existsSync(folder));
  return isPath && path.length <= SHOWN * 3 ? path : 'the path that was given (not shown)';
}

function nearest(raw: string, choices: readonly string[]): string | null {
  if (raw.length > SHOWN) return null;
  const apart = (choice: string) => distance(choice.toLowerCase(), raw.toLowerCase());
  const [near] = choices.filter((choice) => apart(choice) <= NEAR).sort((a, b) => apart(a) - apart(b));
  return near ?? null;
}
