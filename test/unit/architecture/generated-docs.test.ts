import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { generatedFiles } from '../../../docs/generated-files.ts';
import { loadConfig } from '../../../src/config/config.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

describe('documents', () => {
  it.each(Object.entries(generatedFiles()))('%s is what the code says (npm run docs)', (file, text) => {
    expect(readFileSync(join(ROOT, file), 'utf8')).toBe(text);
  });

  it('gives an example of the rules that is valid', () => {
    const folder = mkdtempSync(join(tmpdir(), 'adutora-example-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    copyFileSync(join(ROOT, 'adutora.example.yml'), join(folder, 'adutora.yml'));
    copyFileSync(join(ROOT, '.env.example'), join(folder, '.env'));
    const config = loadConfig({ MASK_KEY_SECRET: 'projects/p/secrets/k/versions/1' }, folder);
    expect(config.rulesFor({ schema: 'slmandic', table: 'notas' }).partitions?.count).toBe(4);
    expect(config.settings.SOURCE_ID).toBe('slmandic');
  });
});
