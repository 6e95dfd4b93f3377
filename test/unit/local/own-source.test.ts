import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readOwnSource } from '../../../local/stack/own-source.ts';
import { jobSecrets } from '../../../local/stack/stack-env.ts';

function settingsFile(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'adutora-source-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'source.env');
  writeFileSync(file, text);
  return file;
}

const FULL = 'MYSQL_HOST=127.0.0.1\nMYSQL_USER=me\nMYSQL_PASSWORD="se#cret"\nMYSQL_SCHEMAS=shop\n';

it('takes what says where the database is, and leaves the rest to the stack', () => {
  const file = settingsFile(`${FULL}MYSQL_PORT=3307\nMYSQL_TLS=disabled\nREDIS_URL=redis://elsewhere:6379\n`);
  expect(readOwnSource(file)).toEqual({
    SOURCE_ID: 'own',
    MASK_KEY: jobSecrets({ reader: 'se#cret', admin: '' }).MASK_KEY,
    MYSQL_HOST: '127.0.0.1',
    MYSQL_PORT: '3307',
    MYSQL_USER: 'me',
    MYSQL_PASSWORD: 'se#cret',
    MYSQL_SCHEMAS: 'shop',
    MYSQL_TLS: 'disabled',
  });
});

it('names all that is missing, a password that only Secret Manager knows too', () => {
  const file = settingsFile('MYSQL_HOST=127.0.0.1\nMYSQL_PASSWORD_SECRET=projects/p/secrets/s/versions/1\n');
  expect(() => readOwnSource(file)).toThrow(
    expect.objectContaining({
      message: `${file} lacks MYSQL_USER, MYSQL_PASSWORD, MYSQL_SCHEMAS.`,
      hint: expect.stringContaining('Secret Manager'),
      exitCode: 2,
    }),
  );
});

it('says which file is not there', () => {
  expect(() => readOwnSource('/nowhere/source.env')).toThrow(
    expect.objectContaining({ message: expect.stringContaining('/nowhere/source.env'), exitCode: 2 }),
  );
});

it('refuses a password that an unquoted # would cut', () => {
  const file = settingsFile(FULL.replace('"se#cret"', 'se#cret'));
  expect(() => readOwnSource(file)).toThrow(
    expect.objectContaining({
      message: expect.stringContaining('MYSQL_PASSWORD: source.env line 3 has a #'),
      exitCode: 2,
    }),
  );
});
