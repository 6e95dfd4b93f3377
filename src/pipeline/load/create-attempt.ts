import { objectNames } from '../names/index.ts';
import type { LoadObject, MappedColumn } from '../objects/index.ts';
import { createObject, type DestinationColumn } from '../ports/index.ts';
import { foreignColumns, protectForeign } from './foreign-columns.ts';
import { engineOf, type LoadDeps, type LoadWatch } from './load-deps.ts';
import { makeSpec } from './make-spec.ts';
import { needsRebuild } from './needs-rebuild.ts';
import { takeTicket } from './table-state.ts';

/**
 * Freezes the next attempt in its spec, with a ticket that is older than its first read. False
 * where another worker was before: its spec counts, and the next probe reads it. Throws what the
 * publish would be stopped by.
 */
export async function createAttempt(
  { load, attemptNumber }: { load: LoadObject; attemptNumber: number },
  deps: LoadDeps,
  watch: LoadWatch,
): Promise<boolean> {
  const { bucket, address } = deps;
  const [code, existing] = await Promise.all([
    engineOf(load, deps).prepare(),
    deps.destination.describe(load.destination),
  ]);
  // Hours of reading would be for nothing.
  protectForeign(load, await foreignColumns(load, existing, bucket));
  await needsRebuild({ load, existing }, () => deps.destination.hasRowAccessPolicies(load.destination));
  const spec = makeSpec({
    load,
    columns: inDestinationOrder(load.columns, existing?.columns ?? []),
    attemptNumber,
    ticket: await takeTicket(load, deps, watch.signal),
    address,
    code,
    bucket: bucket.name,
    now: deps.now(),
    random: deps.random,
  });
  await watch.report({
    step: 'attempt',
    attempt: attemptNumber,
    message: `attempt ${attemptNumber}, engine ${load.engine} (${load.engineReason}): ${spec.attemptId}`,
  });
  return createObject(bucket, objectNames(load.sourceId).spec(spec.attemptId), spec);
}

/**
 * The columns of a new attempt in the order of the destination, new ones last: so that a reordered
 * source, or a column added in its middle, changes nothing that is there (a CSV has no names, only
 * places).
 */
export function inDestinationOrder(
  columns: readonly MappedColumn[],
  existing: readonly DestinationColumn[],
): MappedColumn[] {
  const place = new Map(existing.map(({ name }, index) => [name.toLowerCase(), index]));
  const placeOf = ({ destinationName }: MappedColumn) =>
    place.get(destinationName.toLowerCase()) ?? existing.length;
  return columns.toSorted((one, other) => placeOf(one) - placeOf(other));
}
