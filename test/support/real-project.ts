import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'dotenv';

/**
 * Settings of a real project for the contract suites: of the `.env` file that ADUTORA_CONTRACT_ENV
 * names, with Google's credentials as its clients find them. Null without one: then the suites run
 * against stand-ins and fakes only. They make datasets, tables and objects of random names there,
 * and remove them.
 */
export function realProject(): Record<string, string> | null {
  const { ADUTORA_CONTRACT_ENV: file } = process.env;
  if (!file) return null;
  if (!existsSync(file)) throw new Error(`ADUTORA_CONTRACT_ENV names ${file}, which is not there.`);
  return parse(readFileSync(file));
}

/** One more implementation for a `describe.each`, where there is a real project. */
export function onRealProject<T>(
  open: (env: Record<string, string>) => T,
): { name: string; open: () => T }[] {
  const env = realProject();
  return env ? [{ name: 'a real project', open: () => open(env) }] : [];
}
