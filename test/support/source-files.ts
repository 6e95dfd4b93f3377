import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './markdown.ts';

/** Folders of our own code. */
export const SOURCE_FOLDERS = ['src', 'local', 'prove', 'spark', 'test', 'bench', 'docs'] as const;

/** Every file of ours in these folders: TypeScript, JavaScript and Python, from the top. */
export function sourceFiles(
  folders: readonly string[] = SOURCE_FOLDERS,
  ending = /\.(ts|mjs|py)$/,
): { file: string; text: string }[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => ending.test(name))
      .map((name) => ({ file: join(folder, name), text: readFileSync(join(ROOT, folder, name), 'utf8') })),
  );
}
