import { LoadError } from '../../errors/index.ts';
import type { MappedColumn, Publishing, SchemaChange } from '../../objects/index.ts';
import type { DestinationColumn, DestinationFacts, PublishRequest } from '../../ports/index.ts';

export interface PublishPlan {
  /** In the order of the stage. */
  columns: readonly DestinationColumn[];
  disposition: PublishRequest['disposition'];
  /** All columns of the destination as it is to be widened first; null where that is not needed. */
  widened: readonly DestinationColumn[] | null;
  change: SchemaChange | null;
}

type ArrivingColumn = Pick<MappedColumn, 'destinationName' | 'bigqueryType'>;

/** What people set on a column that outlives a replaced schema; its type's own options do not. */
const CARRIED = ['description', 'policyTags'] as const;

/**
 * Columns and disposition of a publish. An equal schema keeps the destination's own fields; added
 * columns widen it and keep the rest; anything else replaces the schema, and carries over what
 * people set on the surviving columns. Throws `SCHEMA_CHANGE_REFUSED` where the rules do not allow
 * it, `SCHEMA_CHANGE_PROTECTED` where it would drop row access policies.
 */
export async function planPublish(
  input: {
    columns: readonly ArrivingColumn[];
    existing: DestinationFacts | null;
    /** Columns of a destination that is rebuilt; `existing` is null then. */
    rebuilt?: readonly DestinationColumn[];
  },
  rules: Publishing,
  hasRowAccessPolicies: () => Promise<boolean>,
): Promise<PublishPlan> {
  const { existing, rebuilt = [] } = input;
  const wanted = input.columns.map(toDestinationColumn);
  const carrying = (from: readonly DestinationColumn[]) => wanted.map((column) => carriedOver(column, from));
  if (!existing)
    return { columns: carrying(rebuilt), disposition: 'replace-schema', widened: null, change: null };
  const change = schemaChange(existing.columns, wanted);
  if (!change) return { columns: existing.columns, disposition: 'keep-schema', widened: null, change: null };
  const isAdditive = change.removed.length + change.retyped.length === 0 && !change.reordered;
  checkRules({ change, isAdditive }, rules);
  if (isAdditive) {
    const added = wanted.filter(({ name }) => change.added.includes(name));
    const widened = [...existing.columns, ...added];
    if (schemaChange(widened, wanted) === null)
      return { columns: widened, disposition: 'keep-schema', widened, change };
  }
  if (rules.rowAccessPolicies === 'protect' && (await hasRowAccessPolicies())) {
    throw new LoadError(
      'SCHEMA_CHANGE_PROTECTED',
      `The destination has row access policies and its schema would change: ${shownChange(change)}.`,
      { context: { change } },
    );
  }
  return { columns: carrying(existing.columns), disposition: 'replace-schema', widened: null, change };
}

function checkRules(
  { change, isAdditive }: { change: SchemaChange; isAdditive: boolean },
  { schemaChanges }: Publishing,
): void {
  if (schemaChanges === 'allow' || (schemaChanges === 'additive' && isAdditive)) return;
  throw new LoadError(
    'SCHEMA_CHANGE_REFUSED',
    `The destination would change its schema (${shownChange(change)}), and schemaChanges is ${schemaChanges}.`,
    { context: { change } },
  );
}

function shownChange({ added, removed, retyped, reordered }: SchemaChange): string {
  const part = (word: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`${word} ${names.join(', ')}`];
  return [
    ...part('added', added),
    ...part('removed', removed),
    ...part('another type for', retyped),
    ...(reordered ? ['another order'] : []),
  ].join('; ');
}

/** All NULLABLE, because a policy may turn any value into NULL. */
function toDestinationColumn({ destinationName, bigqueryType }: ArrivingColumn): DestinationColumn {
  return { name: destinationName, type: bigqueryType, mode: 'NULLABLE' };
}

/**
 * To BigQuery a name that differs in case is the same column, so what protects it must not be lost
 * with the old spelling.
 */
function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function carriedOver(column: DestinationColumn, existing: readonly DestinationColumn[]): DestinationColumn {
  const before = existing.find((other) => isSameName(other.name, column.name));
  if (!before) return column;
  const kept = CARRIED.flatMap((key) => (before[key] === undefined ? [] : [[key, before[key]] as const]));
  return { ...column, ...Object.fromEntries(kept) };
}

/**
 * A NUMERIC(10, 2) cuts off the digits that do not fit, in silence. A STRING or BYTES that is too
 * short refuses the row.
 */
function wholeType({ type, precision = '', scale = '' }: DestinationColumn): string {
  return /NUMERIC$/.test(type) ? `${type} ${precision} ${scale}` : type;
}

/** What differs between two schemas by names, types and order; null if nothing does. */
export function schemaChange(
  before: readonly DestinationColumn[],
  after: readonly DestinationColumn[],
): SchemaChange | null {
  const typesBefore = new Map(before.map((column) => [column.name, wholeType(column)]));
  const typesAfter = new Map(after.map((column) => [column.name, wholeType(column)]));
  const added = after.filter(({ name }) => !typesBefore.has(name)).map(({ name }) => name);
  const removed = before.filter(({ name }) => !typesAfter.has(name)).map(({ name }) => name);
  const retyped = after
    .filter(({ name }) => typesBefore.has(name) && typesBefore.get(name) !== typesAfter.get(name))
    .map(({ name }) => name);
  const survivors = (columns: readonly DestinationColumn[]) =>
    columns.map(({ name }) => name).filter((name) => typesBefore.has(name) && typesAfter.has(name));
  const reordered = survivors(before).join('\0') !== survivors(after).join('\0');
  const isSame = added.length + removed.length + retyped.length === 0 && !reordered;
  return isSame ? null : { added, removed, retyped, reordered };
}
