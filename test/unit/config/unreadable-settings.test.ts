import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../../src/config/config.ts';

function folderWith(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'adutora-unreadable-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, name));
  return folder;
}

it.each(['.env', 'adutora.yml'])(
  'says that %s is a folder, as Docker mounts a file that is not there',
  (name) => {
    const folder = folderWith(name);
    expect(() => loadConfig({}, folder)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(/cannot be read: EISDIR/),
        hint: expect.stringContaining('It is a folder'),
      }),
    );
  },
);
