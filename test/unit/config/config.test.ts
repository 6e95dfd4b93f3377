import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/config.ts';
import {
  settingsFolder as folder,
  GOOD_SETTINGS as GOOD,
  configProblems as problems,
} from '../../support/settings.ts';

const THIS_FILE = join(import.meta.dirname, 'config.test.ts');

describe('configuration', () => {
  it('reads a good one, with its defaults', () => {
    const { settings, address } = loadConfig(GOOD, folder());
    expect(settings).toMatchObject({
      MYSQL_PORT: 3306,
      MYSQL_SCHEMAS: ['a', 'b'],
      SCHEDULE_CRON: '0 3 * * *',
      SCHEDULE_CATCH_UP: 43_200_000,
      INGEST_CONCURRENCY: 1,
      INGEST_ATTEMPTS: 5,
      SETTLE_SECONDS: 10,
    });
    expect(address).toEqual({
      host: 'db.example',
      port: 3306,
      user: 'u',
      password: { kind: 'secret', name: 'projects/p/secrets/s/versions/1' },
      tls: { mode: 'verify-identity', caPem: null },
    });
  });

  it('lists every problem at once, with key, expectation and what was given', () => {
    const found = problems({
      ...GOOD,
      SOURCE_ID: 'Main!',
      MYSQL_PORT: '99999',
      SCHEDULE_CRON: 'sometimes',
      GCS_BUCKET: '',
    });
    expect(found).toHaveLength(4);
    expect(found.join('\n')).toMatch(
      /SOURCE_ID: expected .* got 5 characters, which are not shown[\s\S]*MYSQL_PORT: expected a whole number from 1 to 65535, got "99999"[\s\S]*GCS_BUCKET is missing[\s\S]*SCHEDULE_CRON/,
    );
  });

  it.each<[string, Record<string, string>, RegExp]>([
    [
      'a plain password with a real cluster',
      { MYSQL_PASSWORD: 'secret', MYSQL_PASSWORD_SECRET: '' },
      /MYSQL_PASSWORD cannot be used with a real Dataproc cluster/,
    ],
    [
      'both kinds of password',
      { MYSQL_PASSWORD: 'secret', DATAPROC_API_ENDPOINT: '127.0.0.1:1' },
      /keep one/,
    ],
    ['no password', { MYSQL_PASSWORD_SECRET: '' }, /MYSQL_PASSWORD_SECRET is missing/],
    ['no TLS beyond loopback', { MYSQL_TLS: 'disabled' }, /loopback interface only/],
    ['verify-ca without an authority', { MYSQL_TLS: 'verify-ca' }, /needs MYSQL_TLS_CA/],
    [
      'an authority that is not looked at',
      { MYSQL_TLS: 'required', MYSQL_TLS_CA: THIS_FILE },
      /MYSQL_TLS_CA is not looked at with MYSQL_TLS=required/,
    ],
    [
      'an authority that is no file',
      { MYSQL_TLS_CA: '/no/such/ca.pem' },
      /\/no\/such\/ca.pem cannot be read \(ENOENT\)/,
    ],
    ['an authority that is a folder', { MYSQL_TLS_CA: import.meta.dirname }, /cannot be read \(EISDIR\)/],
    ['an authority without a certificate', { MYSQL_TLS_CA: THIS_FILE }, /holds no certificate/],
    ['a mistyped mode', { MYSQL_TLS: 'verify_identity' }, /MYSQL_TLS: .*Did you mean verify-identity\?/],
    ['a mistyped time zone', { SCHEDULE_TIMEZONE: 'America/SaoPaulo' }, /Did you mean America\/Sao_Paulo\?/],
    [
      'a board for everybody',
      { BOARD_HOST: '0.0.0.0' },
      /BOARD_HOST is no loopback address: set BOARD_USER and BOARD_PASSWORD too/,
    ],
    ['a board at an address', { BOARD_HOST: '::' }, /BOARD_HOST is no loopback address/],
    ['a board under a name', { BOARD_NAMES: 'adutora.example.org' }, /BOARD_NAMES is for .*: set BOARD_USER/],
    [
      'a board on a name',
      { BOARD_HOST: 'adutora.example.org' },
      /BOARD_HOST: expected an address of numbers/,
    ],
    ['half a login', { BOARD_HOST: '0.0.0.0', BOARD_USER: 'x' }, /belong together: set BOARD_PASSWORD too/],
    ['the other half', { BOARD_PASSWORD: 'long-enough-0' }, /belong together: set BOARD_USER too/],
    [
      'a short password',
      { BOARD_USER: 'x', BOARD_PASSWORD: 'short' },
      /BOARD_PASSWORD: expected at least 12/,
    ],
    ['a board that shows a little', { BOARD_READ_ONLY: 'yes' }, /BOARD_READ_ONLY: .*true/],
    [
      'a stand-in elsewhere',
      { GCS_API_ENDPOINT: 'example.com:80' },
      /GCS_API_ENDPOINT: expected host:port on the loopback/,
    ],
    [
      'a mask key that may change unseen',
      { MASK_KEY_SECRET: 'projects/p/secrets/k/versions/latest' },
      /MASK_KEY_SECRET: expected projects.*a key that changes unseen/,
    ],
    ['a wrong duration', { SCHEDULE_CATCH_UP: '12' }, /expected a duration such as 90s/],
    ['a schedule of six fields', { SCHEDULE_CRON: '0 0 3 * * *' }, /SCHEDULE_CRON: expected five fields/],
    ['a schedule that is never due', { SCHEDULE_CRON: '0 0 31 4,6 *' }, /SCHEDULE_CRON: is never due/],
    ['a schedule by lot', { SCHEDULE_CRON: 'H H * * *' }, /SCHEDULE_CRON: H is not understood/],
    ['a wrong time zone', { SCHEDULE_TIMEZONE: 'Mars/Base' }, /expected a time zone/],
    ['an engine that there is not', { INGEST_ENGINE: 'spark' }, /expected dataproc, direct or auto/],
    ['a size of nothing', { DIRECT_MAX_BYTES: '1 GB' }, /DIRECT_MAX_BYTES: expected a size such as/],
    ['no schema', { MYSQL_SCHEMAS: ' , ' }, /names no schema/],
  ])('refuses %s', (_, changes, expected) => {
    expect(problems({ ...GOOD, ...changes }).join('\n')).toMatch(expected);
  });

  it('finds a wrong cron also where the time zone is wrong', () => {
    const wrong = { ...GOOD, SCHEDULE_CRON: '61 3 * * *', SCHEDULE_TIMEZONE: 'America/Campinas' };
    expect(problems(wrong).map((line) => line.split(':')[0])).toEqual(['SCHEDULE_TIMEZONE', 'SCHEDULE_CRON']);
  });

  it('reads .env below the environment, and ENV_FILE instead of it', () => {
    const at = folder();
    writeFileSync(
      join(at, '.env'),
      `${Object.entries(GOOD)
        .map(([key, value]) => `${key}=${value}`)
        .join('\n')}\nBOARD_PORT=4000\n`,
    );
    expect(loadConfig({}, at).settings.BOARD_PORT).toBe(4000);
    expect(loadConfig({ BOARD_PORT: '5000' }, at).settings.BOARD_PORT).toBe(5000);
    expect(() => loadConfig({ ENV_FILE: join(at, 'missing') }, at)).toThrow(/ENV_FILE names/);
  });

  it("uses a running local stack's settings only where nothing else is set", () => {
    const at = folder();
    mkdirSync(join(at, '.local'));
    writeFileSync(
      join(at, '.local', 'stack.env'),
      Object.entries(GOOD)
        .map(([key, value]) => `${key}=${value}`)
        .join('\n'),
    );
    expect(loadConfig({}, at).origin).toBe('local stack');
    expect(problems({ SOURCE_ID: 'x' }, at).length).toBeGreaterThan(0);
    expect(() => loadConfig({ SOURCE_ID: 'x' }, at)).toThrow(
      expect.objectContaining({
        hint: expect.stringMatching(/because SOURCE_ID is set; .*ENV_FILE=\.local\/stack\.env SOURCE_ID=…/),
      }),
    );
  });

  it('reads rules, the nearer one winning, and globs', () => {
    const at = folder();
    writeFileSync(
      join(at, 'adutora.yml'),
      'exclude: ["a.tmp_*"]\nmaxStaleness: 2d\nsource: { partitions: { count: 2, above: 1GB } }\ntables: { a.big: { partitions: { count: 8, above: 10MB } } }\n',
    );
    const config = loadConfig(GOOD, at);
    expect(config.maxStalenessMs).toBe(172_800_000);
    expect(config.rulesFor({ schema: 'a', table: 'x' }).partitions).toEqual({ count: 2, above: 1024 ** 3 });
    expect(config.rulesFor({ schema: 'a', table: 'big' }).partitions?.count).toBe(8);
    expect(config.exclusionRule({ schema: 'a', table: 'tmp_1' })).toBe('exclude: a.tmp_*');
    expect(config.exclusionRule({ schema: 'a', table: 'x' })).toBeNull();
  });

  it('takes both example files as they are', () => {
    const at = folder();
    const root = join(import.meta.dirname, '..', '..', '..');
    copyFileSync(join(root, '.env.example'), join(at, '.env'));
    copyFileSync(join(root, 'adutora.example.yml'), join(at, 'adutora.yml'));
    expect(loadConfig({}, at).maskKey).toMatchObject({ kind: 'secret' });
  });

  it('excludes nothing by itself, whatever a table is called', () => {
    const config = loadConfig(GOOD, folder());
    const odd = fc.string({
      minLength: 1,
      unit: fc.oneof(fc.constantFrom(...'/\n\r.\\*[{!'), fc.string({ unit: 'binary' })),
    });
    fc.assert(
      fc.property(odd, (table) => {
        expect(config.exclusionRule({ schema: 's', table })).toBeNull();
      }),
    );
  });

  it.each([
    ['surprise: 1', /surprise: there is no such key. There are: include, exclude, maxStaleness/],
    ['tables: { a.b: { colunms: {} } }', /tables.a.b.colunms: there is no such key. Did you mean columns\?/],
    ['source: { partitions: null }', /source.partitions: expected keys with values, got nothing/],
    ['maxStaleness: 7', /maxStaleness: expected a duration such as 90s, 15m, 12h or 7d, got 7$/],
    ['source: { columns: { cpf: { mask: } } }', /cpf.mask: expected none, nullify, hmac or .*, got nothing/],
    ['source: { guard: { maxShrink: 80 } }', /maxShrink: expected a percentage .*, got 80/],
    ['source: { schemaChanges: alow }', /schemaChanges: expected allow or additive or stop, got "alow"/],
    ['source: { partitions: { count: 65, above: 1GB } }', /count: expected 64 at most, got 65/],
    ['source: { bigquery: { clusterBy: [] } }', /clusterBy: expected 1 entries or more, got \[\]/],
    ['source: { bigquery: { labels: { A: x } } }', /labels.A: expected lower case letters.*, got "A"/],
    ['source: { columns: { cpf: { mask: "hmac:hunter2" } } }', /mask: .*, got a value that is not shown$/],
    [': :', /adutora.yml: .* at line 1, column \d+$/],
  ])('refuses the rules %s', (text, expected) => {
    const at = folder();
    writeFileSync(join(at, 'adutora.yml'), text);
    expect(problems(GOOD, at).join('\n')).toMatch(expected);
  });
});
