import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'dotenv';
import { LoadError } from '../pipeline/load-error.ts';
import { SETTINGS } from './settings.ts';

/** Where the settings came from, for the first line a person sees. */
export type EnvironmentOrigin = 'environment' | 'local stack' | { file: string };

export interface Environment {
  values: Record<string, string | undefined>;
  origin: EnvironmentOrigin;
  /** The setting because of which a running local stack's file was not read. */
  insteadOfStack?: string;
}

/**
 * The variables: the process environment over `.env` (or the file named by ENV_FILE). With neither a file nor any of
 * our variables set, a running local stack's `.local/stack.env`.
 */
export function readEnvironment(processEnv: Record<string, string | undefined>, folder: string): Environment {
  const named = processEnv['ENV_FILE'];
  const file = named ?? join(folder, '.env');
  if (existsSync(file))
    return { values: { ...parse(readFileSync(file)), ...withoutEmpty(processEnv) }, origin: { file } };
  if (named !== undefined) {
    throw new LoadError('CONFIG_INVALID', `ENV_FILE names ${named}, which is not there.`);
  }
  const ours = Object.keys(SETTINGS).find((key) => processEnv[key]);
  const stackFile = join(folder, '.local', 'stack.env');
  if (!existsSync(stackFile)) return { values: processEnv, origin: 'environment' };
  if (ours) return { values: processEnv, origin: 'environment', insteadOfStack: ours };
  return {
    values: { ...parse(readFileSync(stackFile)), ...withoutEmpty(processEnv) },
    origin: 'local stack',
  };
}

function withoutEmpty(env: Record<string, string | undefined>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
}
