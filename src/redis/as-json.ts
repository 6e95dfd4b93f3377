/**
 * The value of a JSON text; null for a text that is none: whoever has Redis open may have written
 * it.
 */
export function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
