import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { objectNames, sha256Hex } from '../../pipeline/names.ts';
import type { Stage } from '../../pipeline/ports/stage.ts';

/** What a Dataproc job runs, by content. */
export interface UploadedCode {
  scriptSha256: string;
  driverJarSha256: string;
  mainUri: string;
  moduleUris: string[];
  jarUris: string[];
}

/** The script every job starts with. */
export const MAIN_SCRIPT = 'ingest_table.py';

/** Puts script, modules and driver jar into the bucket under their content's hash; what is there already is left alone. */
export async function uploadCode(input: {
  stage: Stage;
  sourceId: string;
  scriptDir: string;
  driverJar: string;
}): Promise<UploadedCode> {
  const { stage, sourceId, scriptDir, driverJar } = input;
  const names = objectNames(sourceId);
  const files = (await readdir(scriptDir)).filter((file) => file.endsWith('.py')).sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\0`).update(sha256Hex(await readFile(join(scriptDir, file))));
  const scriptSha256 = hash.digest('hex');
  const driverJarSha256 = await fileSha256(driverJar);
  const jarName = names.code(driverJarSha256, basename(driverJar));
  await Promise.all([
    ...files.map((file) =>
      stage.uploadFile({ name: names.code(scriptSha256, file), path: join(scriptDir, file) }),
    ),
    stage.uploadFile({ name: jarName, path: driverJar }),
  ]);
  const uri = (name: string) => `gs://${stage.bucket}/${name}`;
  return {
    scriptSha256,
    driverJarSha256,
    mainUri: uri(names.code(scriptSha256, MAIN_SCRIPT)),
    moduleUris: files
      .filter((file) => file !== MAIN_SCRIPT)
      .map((file) => uri(names.code(scriptSha256, file))),
    jarUris: [uri(jarName)],
  };
}

async function fileSha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
