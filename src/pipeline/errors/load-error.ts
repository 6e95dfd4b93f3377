import { ERROR_KINDS, type ErrorCode } from './error-codes.ts';

export interface LoadErrorOptions {
  /** Facts for people and logs (table, attempt, errno …). Never a secret. */
  context?: Record<string, unknown>;
  /** Replaces the code's own hint. */
  hint?: string;
  cause?: unknown;
  /** Overrides the code's own class, for the few codes that can be either. */
  isTransient?: boolean;
}

/**
 * The one error type of Adutora: a code of `ERROR_KINDS`, a one-line message, what to do next, and
 * whether trying again can help.
 */
export class LoadError extends Error {
  override readonly name = 'LoadError';
  readonly code: ErrorCode;
  readonly isTransient: boolean;
  readonly context: Record<string, unknown>;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, options: LoadErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.isTransient = options.isTransient ?? ERROR_KINDS[code].isTransient;
    this.context = options.context ?? {};
    this.hint = options.hint ?? ERROR_KINDS[code].hint;
  }
}

/**
 * Any thrown thing as a `LoadError`; what nobody classified is `UNEXPECTED`, hence transient with
 * bounded attempts.
 */
export function toLoadError(thrown: unknown): LoadError {
  if (thrown instanceof LoadError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new LoadError('UNEXPECTED', oneLine(message), { cause: thrown });
}

/** Text with its line breaks folded, for places that hold one line. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n]+\s*/g, ' · ').trim();
}
