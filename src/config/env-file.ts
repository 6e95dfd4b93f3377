import { basename } from 'node:path';
import { parse } from 'dotenv';
import { decodeUtf8, readSettingsFile } from './utf8.ts';

const ASSIGNMENT = /^\s*(?:export\s+)?([\w.-]+)\s*[=:](.*)$/;

/**
 * The variables of a `.env` file, and what in it would silently mean something else than what
 * stands there.
 */
export function readEnvFile(file: string): { values: Record<string, string>; problems: EnvProblem[] } {
  const name = basename(file);
  const { text, problems } = decodeUtf8(readSettingsFile(file), name);
  const wrong = problems.map((problem) => ({ key: null, problem }));
  return { values: parse(text), problems: [...wrong, ...cutValues(text, name)] };
}

/** `key` null: it is about the whole file. */
export interface EnvProblem {
  key: string | null;
  problem: string;
}

/**
 * Values that an unquoted `#` ends although no space stands before it: `PASSWORD=abc#123` is read
 * as `abc`.
 */
function cutValues(text: string, name: string): EnvProblem[] {
  return text.split(/\r\n?|\n/).flatMap((line, index) => {
    const [, key = '', rest = ''] = ASSIGNMENT.exec(line) ?? [];
    if (!endsAtHash(rest)) return [];
    const problem = `${key}: ${name} line ${index + 1} has a # in a value without quotes, and what follows it would be left out. Write ${key}='…', or a space before the # of a comment.`;
    return [{ key, problem }];
  });
}

function endsAtHash(rest: string): boolean {
  const value = rest.trimStart();
  const quote = /^['"`]/.exec(value)?.[0];
  const closing = quote === undefined ? -1 : value.indexOf(quote, 1);
  // Quoted, with at most a comment behind it; or a quoted value of several lines.
  if (
    quote !== undefined &&
    (closing < 0 ? !value.includes('#') : /^\s*(#|$)/.test(value.slice(closing + 1)))
  )
    return false;
  const hash = rest.indexOf('#');
  return hash >= 0 && !/\s/.test(rest[hash - 1] ?? '');
}
