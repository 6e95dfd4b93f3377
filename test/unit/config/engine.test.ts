import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/config.ts';
import { configProblems, GOOD_SETTINGS as GOOD, settingsFolder } from '../../support/settings.ts';

/** A folder with these rules. */
function withRules(text: string): string {
  const at = settingsFolder();
  writeFileSync(join(at, 'adutora.yml'), text);
  return at;
}

describe('the engine', () => {
  it.each([
    ['1GB', 1024 ** 3],
    ['512MB', 512 * 1024 ** 2],
    ['16384', 16_384],
    ['0', 0],
  ])('takes %s as DIRECT_MAX_BYTES', (DIRECT_MAX_BYTES, expected) => {
    const { settings } = loadConfig({ ...GOOD, DIRECT_MAX_BYTES }, settingsFolder());
    expect(settings.DIRECT_MAX_BYTES).toBe(expected);
  });

  it.each(['1KB', '-1', '1.5GB', '1e9', 'unlimited', '1GB '])('refuses %s as DIRECT_MAX_BYTES', (given) => {
    expect(configProblems({ ...GOOD, DIRECT_MAX_BYTES: given })).toEqual([
      expect.stringMatching(/^DIRECT_MAX_BYTES: expected a size such as 512MB or 2GB, or a number of bytes/),
    ]);
  });

  it('is Dataproc unless something else is said, and up to 1 GiB is small', () => {
    const { settings, rulesFor } = loadConfig(GOOD, settingsFolder());
    expect(settings).toMatchObject({ INGEST_ENGINE: 'dataproc', DIRECT_MAX_BYTES: 1024 ** 3 });
    expect(rulesFor({ schema: 'a', table: 't' }).engine).toBeUndefined();
  });

  it('of a table is what the nearest rule says', () => {
    const rules = `
source: { engine: auto }
schemas: { b: { engine: direct } }
tables: { b.large: { engine: dataproc } }
`;
    const { rulesFor } = loadConfig(GOOD, withRules(rules));
    const of = (schema: string, table: string) => rulesFor({ schema, table }).engine;
    expect([of('a', 't'), of('b', 't'), of('b', 'large')]).toEqual(['auto', 'direct', 'dataproc']);
  });

  it('is none but these, in a rule too', () => {
    const at = withRules('tables: { a.t: { engine: spark } }');
    expect(configProblems(GOOD, at)).toEqual([
      'adutora.yml: tables.a.t.engine: expected dataproc or direct or auto, got "spark"',
    ]);
  });

  it('is not the worker where only the cluster reaches MySQL', () => {
    const env = { ...GOOD, VERIFY_RUNNER: 'dataproc', INGEST_ENGINE: 'auto' };
    const rules =
      'source: { engine: dataproc }\nschemas: { a: { engine: auto } }\ntables: { a.t: { engine: direct } }';
    const why = 'with VERIFY_RUNNER=dataproc only the cluster reaches MySQL.';
    expect(configProblems(env, withRules(rules))).toEqual([
      `INGEST_ENGINE: expected dataproc, got auto: ${why}`,
      `adutora.yml: schemas.a.engine: expected dataproc, got auto: ${why}`,
      `adutora.yml: tables.a.t.engine: expected dataproc, got direct: ${why}`,
    ]);
    expect(configProblems({ ...env, INGEST_ENGINE: 'dataproc' })).toEqual([]);
    expect(configProblems({ ...GOOD, INGEST_ENGINE: 'direct' })).toEqual([]);
  });

  it('leaves the settings of Dataproc required', () => {
    const { DATAPROC_CLUSTER: _, ...rest } = GOOD;
    expect(configProblems({ ...rest, INGEST_ENGINE: 'direct' })).toEqual([
      expect.stringContaining('DATAPROC_CLUSTER is missing'),
    ]);
  });
});
