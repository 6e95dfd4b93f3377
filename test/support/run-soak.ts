import { runProgram } from '../../local/program.ts';

/**
 * A program that looks for faults until it has looked often enough: `read` understands its
 * arguments (null: only help is wanted) and throws a sentence where it cannot, `soak` gives the
 * exit code.
 */
export function runSoak<Wanted>(program: {
  help: string;
  read(): Wanted | null;
  soak(wanted: Wanted): Promise<number>;
}): void {
  const { help, read, soak } = program;
  runProgram(async () => {
    let wanted: Wanted | null;
    try {
      wanted = read();
    } catch (error) {
      process.stderr.write(`${(error as Error).message}\n\n${help}`);
      return 2;
    }
    if (wanted) return soak(wanted);
    process.stdout.write(help);
    return 0;
  });
}

/** The value of an argument that is a whole number from `least`. */
export function toNumber(name: string, text: string, least: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number < 2 ** 31) return number;
  throw new Error(`${name} is a whole number from ${least}, not ${text}.`);
}

/** A number that repeats what chance does with it. */
export const anySeed = (): number => Math.floor(Math.random() * 2 ** 31);
