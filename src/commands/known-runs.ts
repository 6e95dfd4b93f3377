import { distance } from 'fastest-levenshtein';
import { LoadError } from '../pipeline/errors/index.ts';
import { newestRunFirst, objectNames } from '../pipeline/names/index.ts';
import type { CommandContext } from './command.ts';

/** The word for the newest run that a command can do something with. */
export const LAST_RUN = 'last';

/** Runs that the bucket holds, newest first. */
export async function runsOfBucket({ ports, verify }: CommandContext): Promise<string[]> {
  return (await ports.bucket.folders(objectNames(verify.sourceId).runs)).sort(newestRunFirst);
}

/** What is told where no run of that name is known. */
export function unknownRun(name: string, known: readonly string[]): LoadError {
  const near = known.toSorted((a, b) => distance(a, name) - distance(b, name))[0];
  const hint = near ? { hint: `Did you mean ${near}? See: npm run runs` } : {};
  return new LoadError('UNKNOWN_RUN', `There is no run ${name}.`, hint);
}
