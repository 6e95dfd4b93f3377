import { join } from 'node:path';
import { installWhereChanged, PYTHON } from '../../local/python/python.ts';
import { INSTALL_DIR } from '../../local/tools/paths.ts';
import type { Command } from './rival.ts';

/** Where rivals are installed. */
export const RIVALS_DIR = join(INSTALL_DIR, 'bench');

/** Packages of PyPI in a folder of their own: `requirements/NAME.txt`, each pinned by its hash. */
export interface Wheels {
  folder: string;
  /** `env`: for what pip builds. */
  install(env?: Record<string, string>): Promise<void>;
  /** Runs a script of this folder with them. */
  python(script: string, args: readonly string[], env?: Record<string, string>): Command;
}

export function wheels(name: string): Wheels {
  const folder = join(RIVALS_DIR, name);
  const file = join(import.meta.dirname, 'requirements', `${name}.txt`);
  return {
    folder,
    install: (env) => installWhereChanged(file, folder, env),
    python: (script, args, env) => ({
      program: PYTHON,
      args: ['-W', 'ignore', join(import.meta.dirname, script), ...args],
      env: { ...env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' },
    }),
  };
}
