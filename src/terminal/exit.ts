import { describeFailure, ERROR_KINDS, toLoadError } from '../pipeline/errors/index.ts';
import type { OutputStream } from './progress.ts';

/** The exit code that the error's code stands for in `ERROR_KINDS`. */
export function exitCodeOf(error: unknown): number {
  return ERROR_KINDS[toLoadError(error).code].exit;
}

/**
 * The error for people, on standard error. Configuration keeps its list; everything else is one
 * line.
 */
export function printError(error: unknown, stderr: OutputStream = process.stderr): void {
  const known = toLoadError(error);
  const text =
    known.code === 'CONFIG_INVALID'
      ? `${known.code}: ${known.message}\n${known.hint}`
      : describeFailure(known);
  stderr.write(`${text}\n`);
  if (known.code === 'UNEXPECTED' && known.cause instanceof Error) stderr.write(`${known.cause.stack}\n`);
}

/** The error for programs: `{"error":{"code","message","hint"}}`. */
export function errorJson(error: unknown): string {
  const { code, message, hint } = toLoadError(error);
  return JSON.stringify({ error: { code, message, hint } });
}
