import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { generatedFiles } from '../../../docs/generated-files.ts';
import { loadConfig } from '../../../src/config/config.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

describe('documents', () => {
  it.each(Object.entries(generatedFiles()))('%s is what the code says (npm run docs)', (file, text) => {
    expect(readFileSync(join(ROOT, file), 'utf8')).toBe(text);
  });

  it('has only relative links that resolve', () => {
    const pages = [
      ...readdirSync(ROOT),
      ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) =>
        join('docs', name),
      ),
    ].filter((name) => name.endsWith('.md'));
    const broken = pages.flatMap((page) => {
      const links = [...readFileSync(join(ROOT, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(
        (match) => match[1] ?? '',
      );
      return links
        .filter((link) => !existsSync(join(ROOT, dirname(page), link)))
        .map((link) => `${page}: ${link}`);
    });
    expect(pages.length).toBeGreaterThan(5);
    expect(broken).toEqual([]);
  });

  it('gives an example of the rules that is valid', () => {
    const folder = mkdtempSync(join(tmpdir(), 'adutora-example-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    copyFileSync(join(ROOT, 'adutora.example.yml'), join(folder, 'adutora.yml'));
    copyFileSync(join(ROOT, '.env.example'), join(folder, '.env'));
    const config = loadConfig({}, folder);
    expect(config.rulesFor({ schema: 'slmandic', table: 'notas' }).partitions?.count).toBe(4);
    expect(config.settings.SOURCE_ID).toBe('slmandic');
  });
});
