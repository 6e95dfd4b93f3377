import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { distance } from 'fastest-levenshtein';
import { LoadError } from '../pipeline/errors/index.ts';

export interface ParsedArguments {
  flags: Record<string, string | boolean | undefined>;
  /** `table=` arguments, in order. */
  tables: string[];
  /** `run=` arguments, in order. */
  runs: string[];
  /** Other words. */
  words: string[];
}

/** Whether a word asks for help. */
export function isHelp(word: string): boolean {
  return word === '--help' || word === '-h';
}

/** Parses flags, `table=NAME` arguments and words. Throws `USAGE` with the command's usage line. */
export function parseArguments(
  args: readonly string[],
  options: ParseArgsOptionsConfig,
  usage: string,
): ParsedArguments {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const named = (key: string) =>
      positionals.filter((word) => word.startsWith(key)).map((word) => word.slice(key.length));
    const words = positionals.filter((word) => !/^(table|run)=/.test(word));
    const empty = positionals.find((word) => /^(table|run)=`*$/.test(word));
    if (empty) throw new Error(`${empty} names nothing`);
    return { flags: values as ParsedArguments['flags'], tables: named('table='), runs: named('run='), words };
  } catch (error) {
    throw new LoadError('USAGE', `${(error as Error).message.split('. ')[0]}.${nearOption(error, options)}`, {
      hint: `Usage: ${usage}`,
    });
  }
}

/** ` Did you mean --json?` for an option that is nearly one of ours. */
function nearOption(error: unknown, options: ParseArgsOptionsConfig): string {
  const wrong = /Unknown option '-*([\w-]+)'/.exec((error as Error).message)?.[1];
  const near = wrong && Object.keys(options).find((name) => distance(name, wrong) <= 2);
  return near ? ` Did you mean --${near}?` : '';
}

/** The one `run=RUN` of a command; throws `USAGE` where there is none, or more. */
export function runArgument({ runs, words, tables }: ParsedArguments, usage: string): string {
  const [runId] = runs;
  if (runId && runs.length === 1 && words.length === 0 && tables.length === 0) return runId;
  throw new LoadError('USAGE', 'Expected one run=RUN; npm run runs lists them.', { hint: `Usage: ${usage}` });
}

/** The one `table=NAME` of a command; throws `USAGE` where there is none, or more. */
export function tableArgument({ tables }: ParsedArguments, usage: string): string {
  const [name, ...more] = tables;
  if (name !== undefined && more.length === 0) return name;
  throw new LoadError('USAGE', name === undefined ? 'Which table?' : 'One table at a time.', {
    hint: `Usage: ${usage}`,
  });
}

/** `--limit N`; throws `USAGE` outside 1 to `max`. */
export function limitFlag(
  { flags }: ParsedArguments,
  { usage, standard, max }: { usage: string; standard: number; max: number },
): number {
  const limit = Number(flags['limit'] ?? standard);
  if (Number.isInteger(limit) && limit >= 1 && limit <= max) return limit;
  throw new LoadError('USAGE', `--limit: expected 1 to ${max}.`, { hint: `Usage: ${usage}` });
}

/**
 * Refuses what the command has no use for: words, and `table=` or `run=` where it does not take
 * them.
 */
export function takesOnly(parsed: ParsedArguments, usage: string, taken: readonly ('table' | 'run')[]): void {
  const others = [
    ...parsed.words,
    ...(taken.includes('table') ? [] : parsed.tables.map((table) => `table=${table}`)),
    ...(taken.includes('run') ? [] : parsed.runs.map((runId) => `run=${runId}`)),
  ];
  if (others.length === 0) return;
  const said = others.map((word) => JSON.stringify(word)).join(' ');
  const what = taken.includes('table') ? 'Tables are named table=NAME.' : 'This command does not take it.';
  throw new LoadError('USAGE', `What is ${said}? ${what}`, { hint: `Usage: ${usage}` });
}
