import { oneLine, toLoadError } from '../errors/index.ts';

/** One thing that was looked at. */
export interface Finding {
  /** `area.what`, stable: people script against it. */
  check: string;
  /** `fail`: a load would fail or lose something; `warn`: it works, and costs or risks something; `skipped`: could not be looked at. */
  status: 'ok' | 'warn' | 'fail' | 'skipped';
  /** What was found, in one line. */
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
export const skipped = (check: string, found: string): Finding => ({
  check,
  status: 'skipped',
  found,
  fix: null,
});

/** The finding of a look that threw: the error's own words and hint. */
export function failedLook(check: string, thrown: unknown): Finding {
  const error = toLoadError(thrown);
  return fail(check, `${error.code}: ${oneLine(error.message)}`, error.hint);
}

/** Runs a look whose failure is itself a finding. */
export async function look(check: string, see: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await see();
  } catch (thrown) {
    return [failedLook(check, thrown)];
  }
}
