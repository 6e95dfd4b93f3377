import { EXIT_CODES, toldToStop } from '../src/terminal/signals.ts';
import { StackError } from './component.ts';

/** What people are told of a failure, and the exit code. */
interface Ending {
  code: number;
  text: string;
}

/**
 * Runs a program to its end: says what it threw, and exits with the code that it returned. After a
 * signal that tells it to stop (`onStopSignal`), whatever goes wrong is that signal's doing: then
 * the code is the signal's (130 for Ctrl-C).
 */
export function runProgram(main: () => Promise<number>, tell = tellError): void {
  void main()
    .then((code) => ({ code, text: '' }), tell)
    .then(end);
}

async function end({ code, text }: Ending): Promise<never> {
  const signal = code === 0 ? null : await toldToStop();
  const said = signal === null ? text : `Stopped by ${signal}.`;
  if (said !== '') process.stderr.write(`${said}\n`);
  process.exit(signal === null ? code : EXIT_CODES[signal]);
}

function tellError(error: unknown): Ending {
  if (error instanceof StackError)
    return { code: error.exitCode, text: [error.message, error.hint].filter(Boolean).join('\n') };
  return { code: 1, text: error instanceof Error ? `${error.stack}` : String(error) };
}
