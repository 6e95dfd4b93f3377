import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedFiles } from './generated-files.ts';

/**
 * `npm run docs [-- --check]`: writes what is generated from the code, or tells what is out of date
 * (exit code 1).
 */
const ROOT = join(import.meta.dirname, '..');
const isCheck = process.argv.includes('--check');
const current = (file: string) => {
  try {
    return readFileSync(join(ROOT, file), 'utf8');
  } catch {
    return null;
  }
};
const stale = Object.entries(generatedFiles()).filter(([file, text]) => current(file) !== text);
for (const [file, text] of stale) {
  if (!isCheck) writeFileSync(join(ROOT, file), text);
  process.stdout.write(`${isCheck ? 'out of date' : 'written'}: ${file}\n`);
}
process.exit(isCheck && stale.length > 0 ? 1 : 0);
