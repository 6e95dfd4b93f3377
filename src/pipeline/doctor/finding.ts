import { ERROR_KINDS, type ErrorCode, oneLine, toLoadError } from '../errors/index.ts';

/** One thing that was looked at. */
export interface Finding {
  /** `area.what`, stable: people script against it. */
  check: string;
  /**
   * `fail`: a load would fail or lose something; `warn`: it works, and costs or risks something;
   * `skipped`: could not be looked at.
   */
  status: 'ok' | 'warn' | 'fail' | 'skipped';
  /** The code of the error that was found; not there where it is none. */
  code?: ErrorCode;
  /** What was found, in one line, without the code. */
  found: string;
  /** What to do about it; null where nothing is to be done. */
  fix: string | null;
}

export const ok = (check: string, found: string): Finding => ({ check, status: 'ok', found, fix: null });
export const warn = (check: string, found: string, fix: string): Finding => ({
  check,
  status: 'warn',
  found,
  fix,
});
export const fail = (check: string, found: string, fix: string): Finding => ({
  check,
  status: 'fail',
  found,
  fix,
});
/** Found an error of a code: its hint says what to do about it, unless another is given. */
export const failWith = (
  check: string,
  code: ErrorCode,
  found: string,
  fix: string = ERROR_KINDS[code].hint,
): Finding => ({ ...fail(check, found, fix), code });
export const skipped = (check: string, found: string): Finding => ({
  check,
  status: 'skipped',
  found,
  fix: null,
});

/** The finding of a look that threw: the error's own words and hint. */
export function failedLook(check: string, thrown: unknown): Finding {
  const error = toLoadError(thrown);
  return failWith(check, error.code, oneLine(error.message), error.hint);
}

/** Runs a look whose failure is itself a finding. */
export async function look(check: string, see: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await see();
  } catch (thrown) {
    return [failedLook(check, thrown)];
  }
}
