/**
 * Exit code of a command that ends with an error: 1 a table or check failed, 2 usage or
 * configuration, 3 a dependency cannot be reached or used, 4 waiting ended.
 */
type ExitCode = 1 | 2 | 3 | 4;

/**
 * What a code says by itself: whether trying again can help, what it means, and what a person does
 * next.
 */
export interface ErrorKind {
  isTransient: boolean;
  meaning: string;
  hint: string;
  exit: ExitCode;
}

/** Trying again can help. */
export const transient = (meaning: string, hint: string, exit: ExitCode = 1): ErrorKind => ({
  isTransient: true,
  meaning,
  hint,
  exit,
});
/** It can never succeed as it is. */
export const terminal = (meaning: string, hint: string, exit: ExitCode = 1): ErrorKind => ({
  isTransient: false,
  meaning,
  hint,
  exit,
});
