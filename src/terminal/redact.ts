import type { Secrets } from '../pipeline/ports/index.ts';

/** Shorter ones stand in many words. */
const SHORTEST = 4;
/**
 * What this process knows as secret, in every form in which it may be written, the longest first.
 */
let forms: string[] = [];

/** The text without any secret that this process knows. */
export function redact(text: string): string {
  return forms.reduce((clean, form) => (clean.includes(form) ? clean.replaceAll(form, '***') : clean), text);
}

/** From now on `redact` takes it away. */
export function rememberSecret(secret: string | undefined): void {
  if (secret === undefined || secret.length < SHORTEST) return;
  forms = [...new Set([...forms, ...formsOf(secret)])].sort((a, b) => b.length - a.length);
}

/** Secrets that are remembered as they are read. */
export function remembering(secrets: Secrets): Secrets {
  return {
    read: async (reference) => {
      const value = await secrets.read(reference);
      rememberSecret(value);
      return value;
    },
  };
}

/**
 * As it is, as JSON (also inside JSON), percent-encoded in each way, as a form's field, in base64.
 * A line break at its end may be lost.
 */
function formsOf(secret: string): string[] {
  const texts = [...new Set([secret, secret.trimEnd()])].filter(({ length }) => length >= SHORTEST);
  return texts.flatMap((text) => {
    const json = inJson(text);
    const url = encodeURIComponent(text);
    const lower = (encoded: string) => encoded.replaceAll(/%[0-9A-F]{2}/g, (one) => one.toLowerCase());
    const field = new URLSearchParams({ '': text }).toString().slice(1);
    const base64 = Buffer.from(text).toString('base64');
    const bare = base64.replace(/=+$/, '');
    const urlSafe = bare.replaceAll('+', '-').replaceAll('/', '_');
    return [
      text,
      json,
      inJson(json),
      url,
      lower(url),
      encodeURI(text),
      field,
      lower(field),
      base64,
      bare,
      urlSafe,
    ];
  });
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
