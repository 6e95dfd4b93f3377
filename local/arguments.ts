import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { isHelp } from '../src/commands/arguments.ts';

type Parsed<T extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: T; allowPositionals: true }>
>;

/**
 * What an entry point was told. Prints its usage and ends the process for `--help` (exit code 0)
 * and for what it does not know (2). `words`: how many may stand beside the options.
 */
export function readArguments<T extends ParseArgsOptionsConfig>(
  usage: string,
  options: T,
  words = 0,
): Parsed<T> {
  const args = process.argv.slice(2);
  if (args.some(isHelp)) {
    process.stdout.write(`${usage}\n`);
    process.exit(0);
  }
  try {
    const parsed = parseArgs({ args, options, allowPositionals: true });
    const [extra] = parsed.positionals.slice(words);
    if (extra !== undefined) throw new Error(`What is ${JSON.stringify(extra)}?`);
    return parsed;
  } catch (error) {
    process.stderr.write(`${(error as Error).message.split('. ')[0]}\n${usage}\n`);
    process.exit(2);
  }
}

/**
 * Whole numbers, each a list with commas, as a bench takes them; those that are not given are left
 * out.
 */
export function readNumbers(usage: string, words: number): number[][] {
  const { positionals } = readArguments(usage, {}, words);
  const wrong = positionals.find((word) => !/^(\d+(,\d+)*)?$/.test(word));
  if (wrong === undefined) return positionals.map((word) => word.split(',').filter(Boolean).map(Number));
  process.stderr.write(`${JSON.stringify(wrong)} is not a number.\n${usage}\n`);
  process.exit(2);
}
