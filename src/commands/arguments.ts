import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { LoadError } from '../pipeline/load-error.ts';

export interface ParsedArguments {
  flags: Record<string, string | boolean | undefined>;
  /** `table=` arguments, in order. */
  tables: string[];
  /** Other words. */
  words: string[];
}

/** Parses flags, `table=NAME` arguments and words. Throws `USAGE` with the command's usage line. */
export function parseArguments(
  args: readonly string[],
  options: ParseArgsOptionsConfig,
  usage: string,
): ParsedArguments {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const tables = positionals
      .filter((word) => word.startsWith('table='))
      .map((word) => word.slice('table='.length));
    const words = positionals.filter((word) => !word.startsWith('table='));
    return { flags: values as ParsedArguments['flags'], tables, words };
  } catch (error) {
    throw new LoadError('USAGE', (error as Error).message, { hint: `Usage: ${usage}` });
  }
}

/** Refuses words that the command has no use for. */
export function noWords({ words }: ParsedArguments, usage: string): void {
  if (words.length > 0)
    throw new LoadError('USAGE', `What is ${JSON.stringify(words[0])}? Tables are named table=NAME.`, {
      hint: `Usage: ${usage}`,
    });
}
