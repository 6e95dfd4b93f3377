import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endAtExit } from './component.ts';
import { killProcesses } from './tools/leftovers.ts';

/**
 * Makes a folder for what is thrown away. When this process ends, by a signal too, every process
 * whose environment names the folder is killed, and the folder removed.
 */
export function makeTemporaryFolder(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  endAtExit(() => {
    killProcesses(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  });
  return folder;
}
