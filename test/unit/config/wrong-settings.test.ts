import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/config.ts';
import { SETTINGS } from '../../../src/config/settings.ts';
import { createAuthority } from '../../support/certificates.ts';
import {
  settingsFolder as folder,
  GOOD_SETTINGS as GOOD,
  configMessage as messageOf,
  configProblems as problems,
} from '../../support/settings.ts';

describe('settings that are wrong by accident', () => {
  it('takes certificates, and nothing that stands beside them, from MYSQL_TLS_CA', () => {
    const at = folder();
    const [one, two] = [createAuthority('one'), createAuthority('two')];
    const { key } = one.issue(['h']);
    writeFileSync(join(at, 'ca.pem'), `a comment\n${one.pem}${key}${two.pem}`);
    const { tls } = loadConfig({ ...GOOD, MYSQL_TLS_CA: join(at, 'ca.pem') }, at).address;
    expect(tls).toEqual({ mode: 'verify-identity', caPem: `${one.pem}${two.pem}`.trim() });
    writeFileSync(join(at, 'ca.pem'), `${one.pem}${two.pem.replace(/MII/, 'AAA')}`);
    expect(problems({ ...GOOD, MYSQL_TLS_CA: join(at, 'ca.pem') }, at).join()).toMatch(
      /certificate 2 of 2 cannot be read/,
    );
  });

  it.each(Object.keys(SETTINGS))(
    'never shows what is wrong in %s: it may be a secret in the wrong line',
    (key) => {
      const { CANARY, ...plain } = { ...GOOD, CANARY: '/canary-7hunter' };
      const env = { ...plain, [key]: CANARY };
      const found = problems(env);
      expect(found.join('\n')).not.toContain('hunter');
      expect(found.join('\n')).not.toContain('is missing');
      const isFreeText =
        /^(MYSQL_(HOST|USER|PASSWORD|SCHEMAS)|GOOGLE_CLOUD_PROJECT|DATAPROC_(REGION|CLUSTER)|GCS_BUCKET|BIGQUERY_LOCATION|SOURCE_ID|MASK_KEY)$/;
      if (!isFreeText.test(key)) expect(found.join('\n')).toContain(key);
    },
  );

  it.each([
    'http://:hunter2@x',
    'hunter2',
    'redis://:hunter2',
    'redis://:pa/hunter2@h:6379',
    'redis://12/hunter2@h:6379',
    'redis://12?hunter2@h:6379',
    'redis://:pa#hunter2@h:6379',
    'redis://:hunter2%zz@h:6379',
    'redis://:hunter2@h:99999',
    'redis://h:6379/hunter2',
  ])('refuses %s as REDIS_URL, by its name and without showing it', (REDIS_URL) => {
    const found = problems({ ...GOOD, REDIS_URL });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^REDIS_URL: expected redis:\/\/host:port/);
    expect(found[0]).not.toContain('hunter2');
  });

  it.each(['redis://h', 'rediss://user:p%2Fw@h:1/3', 'redis://[::1]:6379', 'redis://h:1?family=6'])(
    'takes %s as REDIS_URL',
    (REDIS_URL) => {
      expect(problems({ ...GOOD, REDIS_URL })).toEqual([]);
    },
  );

  it('cuts what is longer than a screen, and says how long it is', () => {
    const at = folder();
    const long = 'x'.repeat(100_000);
    writeFileSync(join(at, 'adutora.yml'), `maxStaleness: ${long}\n`);
    const message = messageOf({ ...GOOD, SOURCE_ID: long, MYSQL_TLS_CA: `/${long}` }, at);
    expect(message.length).toBeLessThan(3_000);
    expect(message).toMatch(/SOURCE_ID.*got 100,000 characters[\s\S]*maxStaleness.*100,002 characters/);
    writeFileSync(
      join(at, 'adutora.yml'),
      Array.from({ length: 2_000 }, (_, index) => `k${index}: 1\n`).join(''),
    );
    expect(messageOf(GOOD, at)).toMatch(/2000 problems[\s\S]*and 1,950 more/);
  });

  const envText = (changes: Record<string, string>) =>
    Object.entries({ ...GOOD, ...changes })
      .map(([key, value]) => `${key}=${value}`)
      .join('\n');

  it('reads a .env that Notepad has saved: a byte order mark, lines that end in CR LF', () => {
    const at = folder();
    writeFileSync(
      join(at, '.env'),
      `\uFEFF${envText({ MYSQL_USER: "'ção#1'" }).replaceAll('\n', '\r\n')}\r\n`,
    );
    expect(loadConfig({}, at).settings).toMatchObject({ SOURCE_ID: 'main', MYSQL_USER: 'ção#1' });
  });

  it.each([
    ['abc#123', true],
    ['#abc', true],
    ['"abc#1"23', true],
    ["'a'#b", false],
    ['abc # a comment', false],
    [' # a comment', false],
    ['"abc#123"', false],
    ["'abc#123' # a comment", false],
    ['abc', false],
  ])('an unquoted # in .env is noticed: MYSQL_USER=%s: %s', (value, isNoticed) => {
    const at = folder();
    writeFileSync(join(at, '.env'), `${envText({ MYSQL_USER: 'u' })}\nOTHER=a#b\nMYSQL_USER=${value}\n`);
    const found = problems({}, at).filter((line) => line.includes('#'));
    const line = Object.keys(GOOD).length + 2;
    expect(found).toEqual(isNoticed ? [expect.stringMatching(`^MYSQL_USER: .env line ${line} has a #`)] : []);
    expect(found.join()).not.toContain('abc');
    // What the environment says instead is not cut.
    expect(problems({ MYSQL_USER: 'x' }, at)).toEqual([]);
  });

  it.each(['.env', 'adutora.yml'])('refuses a %s that is not UTF-8, by its line', (file) => {
    const at = folder();
    writeFileSync(join(at, '.env'), envText({}));
    const comment = Buffer.concat([Buffer.from('# um\n# dois ç\n# ma'), Buffer.from([0xe7, 0xe3, 0x6f])]);
    writeFileSync(join(at, file), comment);
    expect(problems(GOOD, at)).toEqual([expect.stringMatching(`^${file}: line 3 is not UTF-8`)]);
    writeFileSync(join(at, file), Buffer.from('\ufeff# a', 'utf16le'));
    expect(problems(GOOD, at)).toEqual([expect.stringMatching(`^${file} is UTF-16`)]);
    // What else stands there is not called missing.
    writeFileSync(join(at, '.env'), Buffer.from(`\ufeff${envText({})}`, 'utf16le'));
    rmSync(join(at, 'adutora.yml'), { force: true });
    expect(problems({}, at)).toEqual([expect.stringMatching(/^.env is UTF-16/)]);
  });
});
