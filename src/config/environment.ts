import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LoadError } from '../pipeline/errors/index.ts';
import { readEnvFile } from './env-file.ts';
import { SETTINGS } from './settings.ts';
import { shownPath } from './shown-value.ts';

/** Where the settings came from, for the first line a person sees. */
export type EnvironmentOrigin = 'environment' | 'local stack' | { file: string };

export interface Environment {
  values: Record<string, string | undefined>;
  origin: EnvironmentOrigin;
  /** What the file says otherwise than it seems to. */
  problems: string[];
  /** The setting because of which a running local stack's file was not read. */
  insteadOfStack?: string;
}

/**
 * The variables: the process environment over `.env` (or the file named by ENV_FILE). With neither
 * a file nor any of our variables set, a running local stack's `.local/stack.env`.
 */
export function readEnvironment(processEnv: Record<string, string | undefined>, folder: string): Environment {
  const named = processEnv['ENV_FILE'];
  const file = named ?? join(folder, '.env');
  if (existsSync(file)) return { ...overFile(processEnv, file), origin: { file } };
  if (named !== undefined) {
    throw new LoadError('CONFIG_INVALID', `ENV_FILE names ${shownPath(named)}, which is not there.`);
  }
  const ours = Object.keys(SETTINGS).find((key) => processEnv[key]);
  const stackFile = join(folder, '.local', 'stack.env');
  const alone: Environment = { values: processEnv, origin: 'environment', problems: [] };
  if (!existsSync(stackFile)) return alone;
  if (ours) return { ...alone, insteadOfStack: ours };
  return { ...overFile(processEnv, stackFile), origin: 'local stack' };
}

/**
 * The process environment over the file's variables; what is wrong with a line counts where the
 * line does.
 */
function overFile(
  processEnv: Record<string, string | undefined>,
  file: string,
): Pick<Environment, 'values' | 'problems'> {
  const own = withoutEmpty(processEnv);
  const { values, problems } = readEnvFile(file);
  const counts = (key: string | null) =>
    key === null || (Object.hasOwn(SETTINGS, key) && !Object.hasOwn(own, key));
  return {
    values: { ...values, ...own },
    problems: problems.filter(({ key }) => counts(key)).map(({ problem }) => problem),
  };
}

function withoutEmpty(env: Record<string, string | undefined>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
}
