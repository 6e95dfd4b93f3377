import { installMysql } from '../mysql/install.ts';
import { installPython } from '../python/python.ts';
import { installJava } from '../spark/java.ts';
import { ARTIFACTS, fetchArtifact } from './maven.ts';

export interface Installed {
  javaHome: string;
  mysqlDriver: string;
  gcsConnector: string;
}

/** Installs everything the stack and the tests need; what is there is left alone. `report` gets a line a part. */
export async function installAll(report: (line: string) => void): Promise<Installed> {
  const part = async <T>(name: string, install: () => Promise<T>): Promise<T> => {
    const started = Date.now();
    const slow = setTimeout(() => report(`installing ${name} …`), 1_500);
    try {
      const result = await install();
      const seconds = (Date.now() - started) / 1_000;
      if (seconds > 1.5) report(`installed ${name} (${seconds.toFixed(0)} s)`);
      return result;
    } finally {
      clearTimeout(slow);
    }
  };
  // Maven's local repository is not made for two at once, so the artifacts come one after the other, beside pip.
  const maven = async () => {
    await part('MySQL 8.0.31', installMysql);
    const mysqlDriver = await part('the MySQL driver', () => fetchArtifact(ARTIFACTS.mysqlDriver));
    return {
      mysqlDriver,
      gcsConnector: await part('the GCS connector', () => fetchArtifact(ARTIFACTS.gcsConnector)),
    };
  };
  const python = async () => {
    await part('Spark, Redis and fake-gcs-server', installPython);
    return part('Java 17', installJava);
  };
  const [artifacts, javaHome] = await Promise.all([maven(), python()]);
  return { ...artifacts, javaHome };
}
