import { LoadError } from '../errors/index.ts';
import { objectNames } from '../names/index.ts';
import { type InstallationObject, installationObjectSchema } from '../objects/index.ts';
import { type Bucket, createObject, keptChanging, readObject, writeObject } from '../ports/index.ts';

/** Two processes may write at once; each then reads again. */
const MAX_TRIES = 5;

/**
 * Reads `installation.json`, making it at the first start, and notes the moment a schedule was
 * first seen. Throws `SOURCE_ID_TAKEN` where the SOURCE_ID belongs to another MySQL address.
 * Returns the object as it now is.
 */
export async function openInstallation(
  bucket: Bucket,
  ours: { sourceId: string; mysqlHost: string; mysqlPort: number; schedule: string; now: Date },
): Promise<InstallationObject> {
  const name = objectNames(ours.sourceId).installation;
  const now = ours.now.toISOString();
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const found = await readObject(bucket, name, installationObjectSchema);
    if (!found) {
      const { sourceId, mysqlHost, mysqlPort } = ours;
      const made: InstallationObject = {
        version: 1,
        sourceId,
        mysqlHost,
        mysqlPort,
        createdAt: now,
        schedules: { [ours.schedule]: now },
      };
      if (await createObject(bucket, name, made)) return made;
      continue;
    }
    checkAddress(found.value, ours, `gs://${bucket.name}/${name}`);
    if (found.value.schedules[ours.schedule]) return found.value;
    const changed = { ...found.value, schedules: { ...found.value.schedules, [ours.schedule]: now } };
    if (await writeObject(bucket, { name, generation: found.generation, value: changed })) return changed;
  }
  throw keptChanging(name, MAX_TRIES);
}

function checkAddress(
  found: InstallationObject,
  ours: { mysqlHost: string; mysqlPort: number },
  where: string,
): void {
  if (found.mysqlHost === ours.mysqlHost && found.mysqlPort === ours.mysqlPort) return;
  throw new LoadError(
    'SOURCE_ID_TAKEN',
    `SOURCE_ID ${found.sourceId} belongs to MySQL at ${found.mysqlHost}:${found.mysqlPort} (${where}), not to ${ours.mysqlHost}:${ours.mysqlPort}.`,
  );
}
