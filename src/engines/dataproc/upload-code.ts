import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { LoadError } from '../../pipeline/errors/index.ts';
import { objectNames, objectUri, sha256Hex } from '../../pipeline/names/index.ts';
import type { Bucket, ObjectFacts } from '../../pipeline/ports/index.ts';

/** Where the code that a Dataproc job runs lies, by content. */
export interface UploadedCode {
  scriptSha256: string;
  driverJarSha256: string;
  mainUri: string;
  moduleUris: string[];
  jarUris: string[];
}

/**
 * The code of this process: read once, so that files which change beneath it are not mixed with it.
 */
export interface LocalCode {
  uploaded: UploadedCode;
  /** What lies in the bucket, by object name. */
  objects: { name: string; bytes: Buffer }[];
}

/** The script every job starts with. */
export const MAIN_SCRIPT = 'ingest_table.py';

/** Reads script, modules and driver jar; each lies in the bucket under its content's hash. */
export async function readCode(input: {
  bucket: Bucket;
  sourceId: string;
  scriptDir: string;
  driverJar: string;
}): Promise<LocalCode> {
  const { bucket, sourceId, scriptDir, driverJar } = input;
  const names = objectNames(sourceId);
  const files = (await readdir(scriptDir)).filter((file) => file.endsWith('.py')).sort();
  const scripts = await Promise.all(
    files.map(async (file) => ({ file, bytes: await readFile(join(scriptDir, file)) })),
  );
  const hash = createHash('sha256');
  for (const { file, bytes } of scripts) hash.update(`${file}\0`).update(sha256Hex(bytes));
  const scriptSha256 = hash.digest('hex');
  const jar = await readFile(driverJar);
  const driverJarSha256 = sha256Hex(jar);
  const jarName = names.code(driverJarSha256, basename(driverJar));
  const uri = (name: string) => objectUri(bucket.name, name);
  const modules = files.filter((file) => file !== MAIN_SCRIPT);
  return {
    uploaded: {
      scriptSha256,
      driverJarSha256,
      mainUri: uri(names.code(scriptSha256, MAIN_SCRIPT)),
      moduleUris: modules.map((file) => uri(names.code(scriptSha256, file))),
      jarUris: [uri(jarName)],
    },
    objects: [
      ...scripts.map(({ file, bytes }) => ({ name: names.code(scriptSha256, file), bytes })),
      { name: jarName, bytes: jar },
    ],
  };
}

/**
 * Sees to it that the bucket holds this code: what is missing is uploaded, what is there must be as
 * it is here, by size and CRC-32C. Call it before every submission: Spark runs whatever lies there,
 * with MySQL's password at hand. Throws `CODE_ALTERED`.
 */
export async function placeCode(code: LocalCode, bucket: Bucket): Promise<UploadedCode> {
  const missing = await missingObjects(code, bucket);
  if (missing.length === 0) return code.uploaded;
  await Promise.all(
    missing.map((object) => bucket.create({ ...object, contentType: 'application/octet-stream' })),
  );
  const [still] = await missingObjects(code, bucket);
  if (!still) return code.uploaded;
  throw new LoadError('STAGE_UNAVAILABLE', `gs://${bucket.name}/${still.name} was uploaded and is gone.`);
}

async function missingObjects({ objects }: LocalCode, bucket: Bucket): Promise<LocalCode['objects']> {
  const folders = new Set(objects.map(({ name }) => name.slice(0, name.lastIndexOf('/') + 1)));
  const found = (await Promise.all([...folders].map((folder) => bucket.list(folder)))).flat();
  const facts = new Map(found.map((object) => [object.name, object]));
  return objects.filter(({ name, bytes }) => {
    const there = facts.get(name);
    if (there) checkIsSame(there, bytes, bucket);
    return !there;
  });
}

function checkIsSame(there: ObjectFacts, bytes: Buffer, bucket: Bucket): void {
  const crc32c = bucket.crc32c(bytes);
  if (there.bytes === bytes.length && there.crc32c === crc32c) return;
  throw new LoadError(
    'CODE_ALTERED',
    `gs://${bucket.name}/${there.name} has ${there.bytes} bytes with CRC-32C ${there.crc32c}, this installation's own file has ${bytes.length} with ${crc32c}.`,
    { context: { name: there.name, generation: there.generation } },
  );
}
