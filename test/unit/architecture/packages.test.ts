import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeSbom } from '../../../local/sbom.ts';
import { DRIVER } from '../../../src/engines/dataproc/driver-jar.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const read = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8');

const KINDS = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;

interface Locked {
  version: string;
  integrity?: string;
  license?: string;
  hasInstallScript?: true;
  dev?: true;
}
type Dependencies = Record<string, string>;
const own: { [key: string]: Dependencies } = JSON.parse(read('package.json'));
const lock: { packages: Record<string, Locked & Partial<Record<(typeof KINDS)[number], Dependencies>>> } =
  JSON.parse(read('package-lock.json'));
const packages = Object.entries(lock.packages).filter(([path]) => path !== '');

/**
 * What the packages of this program may be under: nothing that asks for the source of what uses it.
 * MPL asks for its own files alone.
 */
const LICENCES = new Set([
  ...['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MPL-2.0'],
  'MIT OR Apache-2.0',
]);

/** Packages that would run a script when they are installed, and what they do without it. */
const WITH_SCRIPTS: Readonly<Record<string, string>> = {
  'node_modules/msgpackr-extract': 'optional: msgpackr reads without its native part',
  'node_modules/protobufjs': 'its script warns of how its version is written, and makes nothing',
};

describe('every package', () => {
  it('is asked for in one exact version, which is that of the lock', () => {
    for (const kind of KINDS) {
      const asked = own[kind] ?? {};
      expect(Object.values(asked).filter((version) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual(
        [],
      );
      expect(lock.packages['']?.[kind]).toEqual(asked);
      for (const [name, version] of Object.entries(asked))
        expect([name, lock.packages[`node_modules/${name}`]?.version]).toEqual([name, version]);
    }
  });

  it('is locked by its content', () => {
    expect(packages.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))).toEqual([]);
  });

  it('of PyPI is asked for in one version and by its content, and so is the driver', () => {
    const files = readdirSync(join(ROOT, 'local', 'python')).filter((name) =>
      name.endsWith('requirements.txt'),
    );
    expect(files).toHaveLength(2);
    for (const file of files) {
      const lines = read('local', 'python', file)
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'));
      expect(lines.filter((line) => !/^[\w.-]+==\S+ --hash=sha256:[0-9a-f]{64}$/.test(line))).toEqual([]);
    }
    expect(DRIVER.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('comes without running a script of its own', () => {
    const scripted = packages.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path);
    expect(scripted.sort()).toEqual(Object.keys(WITH_SCRIPTS).sort());
    const places = [
      'Dockerfile',
      join('local', 'bootstrap.mjs'),
      join('.ci', 'run'),
      'CONTRIBUTING.md',
      'README.md',
    ];
    const installs = places.flatMap((place) =>
      read(...place.split('/'))
        .split('\n')
        .filter(
          (line) =>
            /\bnpm (install|ci)\b(?! failed)|'npm', \['install'/.test(line) &&
            !/^\s*(#|\/\/|\/?\*)/.test(line),
        )
        .map((line) => `${place}: ${line.trim()}`),
    );
    expect(installs.length).toBeGreaterThan(2);
    expect(installs.filter((line) => !line.includes('--ignore-scripts'))).toEqual([]);
  });

  it('has a licence that is allowed', () => {
    const others = packages.filter(([, { license }]) => !LICENCES.has(license ?? ''));
    expect(others.map(([path, { license }]) => `${path}: ${license}`)).toEqual([]);
  });
});

describe('npm run sbom', () => {
  it('lists what production has, by content and licence, and the driver; what only tests use is marked', async () => {
    const { bomFormat, specVersion, metadata, components } = await makeSbom();
    expect([bomFormat, specVersion, metadata.component.name]).toEqual(['CycloneDX', '1.5', 'adutora']);
    const names = components.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(Object.keys(own['dependencies'] ?? {})));
    expect(names).toContain('com.mysql:mysql-connector-j');
    const excluded = components.filter(({ scope }) => scope === 'excluded').map(({ name }) => name);
    expect(excluded).toEqual(expect.arrayContaining(['vitest', 'knip', 'pyspark']));
    const production = packages
      .filter(([, { dev }]) => !dev)
      .map(([path]) => path.split('node_modules/').at(-1));
    expect(production.filter((name) => name && !names.includes(name) && !name.endsWith('-cjs'))).toEqual([]);
    expect(production.filter((name) => name && excluded.includes(name))).toEqual([]);
    const bare = components.filter(
      ({ licenses, hashes, purl }) => !licenses.length || !hashes.length || !purl,
    );
    expect(bare.map(({ name }) => name)).toEqual([]);
    expect(new Set(components.map((component) => component['bom-ref'])).size).toBe(components.length);
  });
});
