import { LoadError } from '../../errors/index.ts';
import { objectNames, tableObjectKey } from '../../names/index.ts';
import {
  type LoadObject,
  NOTHING_SET,
  type SetOptionsObject,
  setOptionsObjectSchema,
  type TableOptions,
} from '../../objects/index.ts';
import { type DestinationFacts, readObject, type TableChanges, writeObject } from '../../ports/index.ts';
import type { LoadDeps } from '../load-deps.ts';

/** An expiration is not moved for less. */
const EXPIRATION_STEP_MS = 3_600_000;

/**
 * Makes descriptions, labels, primary key and expiration of a destination what they are to be, in
 * one patch after a load; what people have set stays. Returns the destination's `lastModifiedTime`
 * afterwards, or null where nothing was changed.
 */
export async function applyTableOptions(
  input: {
    load: LoadObject;
    /** The destination as it is after the load. */
    facts: DestinationFacts | null;
    isKeyProven: boolean;
    endedAt: Date;
  },
  deps: Pick<LoadDeps, 'destination' | 'bucket'>,
): Promise<string | null> {
  const { load, facts, isKeyProven, endedAt } = input;
  const { destination: ref } = load;
  if (!facts) return null;
  const name = objectNames(load.sourceId).design(tableObjectKey(load.table));
  const remembered = await readObject(deps.bucket, name, setOptionsObjectSchema);
  const ours = remembered?.value ?? NOTHING_SET;
  const tableOptions = { ...load.tableOptions, primaryKey: isKeyProven ? load.tableOptions.primaryKey : [] };
  const changes = optionChanges({ facts, tableOptions, ours, endedAt });
  if (Object.keys(changes).length === 0) return null;
  await remember(
    { name, generation: remembered?.generation ?? null, value: rememberedAs(tableOptions, ours) },
    deps,
  );
  const altered = await deps.destination.alter({ destination: ref, etag: facts.etag, changes });
  if (!altered)
    throw new LoadError(
      'DESTINATION_UNAVAILABLE',
      'The destination was changed by somebody else while its description was set.',
    );
  // As the change itself has answered: a later look might show somebody else's.
  return altered.lastModified;
}

/** What is to be changed; empty where all is as it should be. Pure. */
export function optionChanges(input: {
  facts: DestinationFacts;
  tableOptions: TableOptions;
  ours: SetOptionsObject;
  endedAt: Date;
}): TableChanges {
  const { facts, tableOptions, ours, endedAt } = input;
  const isOurs = (current: string | undefined, set: readonly string[]) => !current || set.includes(current);
  const changes: TableChanges = {};
  if (facts.description !== tableOptions.description && isOurs(facts.description, ours.description))
    changes.description = tableOptions.description;
  const columns = facts.columns.map((column) => {
    const wanted = tableOptions.columnDescriptions[column.name] ?? '';
    const mayBeSet = isOurs(column.description, ours.columns[column.name] ?? []);
    return mayBeSet && (column.description ?? '') !== wanted ? { ...column, description: wanted } : column;
  });
  if (columns.some((column, index) => column !== facts.columns[index])) changes.columns = columns;
  const labels = labelChanges(facts.labels, tableOptions.labels, ours.labels);
  if (Object.keys(labels).length > 0) changes.labels = labels;
  if (facts.primaryKey.join('\0') !== tableOptions.primaryKey.join('\0'))
    changes.primaryKey = tableOptions.primaryKey;
  const expiresAt = tableOptions.expirationMs === null ? null : endedAt.getTime() + tableOptions.expirationMs;
  const isDue =
    expiresAt !== null && Math.abs(Date.parse(facts.expiresAt ?? '1970') - expiresAt) > EXPIRATION_STEP_MS;
  if (isDue) changes.expiresAt = new Date(expiresAt).toISOString();
  return changes;
}

/** Null takes a label away: one of ours that the rules no longer have. */
function labelChanges(
  current: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
  ours: readonly string[],
): Record<string, string | null> {
  const set = Object.entries(wanted).filter(([key, value]) => current[key] !== value);
  const gone = ours.filter((key) => key in current && !(key in wanted)).map((key) => [key, null] as const);
  return Object.fromEntries([...set, ...gone]);
}

function rememberedAs(tableOptions: TableOptions, ours: SetOptionsObject): SetOptionsObject {
  const newest = (value: string, before: readonly string[] = []) =>
    [value, ...before.filter((one) => one !== value)].slice(0, 2);
  const columns = Object.entries({ ...blank(ours.columns), ...tableOptions.columnDescriptions }).map(
    ([name, value]) => [name, newest(value, ours.columns[name])] as const,
  );
  return {
    version: 1,
    description: newest(tableOptions.description, ours.description),
    columns: Object.fromEntries(columns),
    labels: Object.keys(tableOptions.labels),
    made: ours.made,
  };
}

const blank = (columns: SetOptionsObject['columns']) =>
  Object.fromEntries(Object.keys(columns).map((name) => [name, '']));

/** Before the change, so that a crash cannot make what is ours look like people's. */
async function remember(
  object: { name: string; generation: string | null; value: SetOptionsObject },
  { bucket }: Pick<LoadDeps, 'bucket'>,
): Promise<void> {
  if (!(await writeObject(bucket, object)))
    throw new LoadError('STAGE_UNAVAILABLE', `${object.name} was written by somebody else in this moment.`);
}
