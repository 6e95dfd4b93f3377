import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LoadError } from '../../pipeline/errors/index.ts';

/** The MySQL driver that goes with every Dataproc job, pinned by content. */
export const DRIVER = {
  coordinates: 'com.mysql:mysql-connector-j:9.5.0',
  sha256: 'f2ca3dfaf00d4aa311470db7ea3051962944ba0cb60005a2f75467549c39f425',
};

const GET_GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:2.8:get';

/**
 * Fetches the driver from Maven once, into `repository`, and checks it. Throws `CONFIG_INVALID`
 * naming MYSQL_DRIVER_JAR.
 */
export async function fetchDriverJar(repository: string): Promise<string> {
  const [group = '', name = '', version = ''] = DRIVER.coordinates.split(':');
  const path = join(repository, ...group.split('.'), name, version, `${name}-${version}.jar`);
  if (!existsSync(path)) {
    const args = [
      '-q',
      '-B',
      `-Dmaven.repo.local=${repository}`,
      GET_GOAL,
      '-Dtransitive=false',
      `-Dartifact=${DRIVER.coordinates}`,
    ];
    await promisify(execFile)('mvn', args).catch((cause: Error) => {
      throw new LoadError(
        'CONFIG_INVALID',
        `The MySQL driver could not be fetched: ${cause.message.split('\n')[0]}`,
        {
          cause,
          hint: 'Set MYSQL_DRIVER_JAR to a mysql-connector-j 9.5.0 jar.',
        },
      );
    });
  }
  const found = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  if (found === DRIVER.sha256) return path;
  await rm(path);
  throw new LoadError(
    'CONFIG_INVALID',
    `The MySQL driver that was fetched has other bytes than pinned (sha256 ${found}).`,
  );
}
