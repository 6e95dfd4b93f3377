import { readFileSync } from 'node:fs';
import { LoadError } from '../pipeline/errors/index.ts';
import { shownPath } from './shown-value.ts';

/**
 * The bytes of a settings file that is there. Throws `CONFIG_INVALID` where this user may not read
 * it, and where it is a folder, as which Docker mounts a file that is not there.
 */
export function readSettingsFile(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const user = process.getuid?.() ?? 'of this process';
    const hint =
      code === 'EISDIR'
        ? 'It is a folder: Docker makes one where the file to mount is not there.'
        : `Let the user that runs this (uid ${user}) read it; with Docker: --user "$(id -u)".`;
    throw new LoadError('CONFIG_INVALID', `${shownPath(file)} cannot be read: ${code ?? cause}.`, {
      cause,
      hint,
    });
  }
}

/**
 * The text of a file that must be UTF-8 (a byte order mark is left out), as far as it can be read,
 * and what is wrong with it.
 */
export function decodeUtf8(bytes: Uint8Array, file: string): { text: string; problems: string[] } {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    return {
      text: new TextDecoder(first === 0xff ? 'utf-16le' : 'utf-16be').decode(bytes),
      problems: [`${file} is UTF-16: save it as UTF-8.`],
    };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), problems: [] };
  } catch {
    const line = firstWrongLine(bytes);
    return {
      text: new TextDecoder().decode(bytes),
      problems: [`${file}: line ${line} is not UTF-8 (Latin-1, perhaps): save the file as UTF-8.`],
    };
  }
}

/** A line break is one byte of its own in UTF-8, whatever is wrong around it. */
function firstWrongLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  for (let start = 0; start < bytes.length; line += 1) {
    const end = bytes.indexOf(0x0a, start);
    const next = end < 0 ? bytes.length : end + 1;
    try {
      decoder.decode(bytes.subarray(start, next));
    } catch {
      return line;
    }
    start = next;
  }
  return line;
}
