import { LoadError } from '../errors/index.ts';
import type { LoadObject } from '../objects/index.ts';
import type { DestinationFacts } from '../ports/index.ts';

/**
 * No load can change a table's partitioning: where it differs, the table is rebuilt, if the rules
 * say so. Asked before an attempt reads, and again before its publish. Throws
 * `PARTITIONING_DIFFERS`, and `SCHEMA_CHANGE_PROTECTED` where policies of rows or columns would go
 * with the old one.
 */
export async function needsRebuild(
  { load, existing }: { load: LoadObject; existing: DestinationFacts | null },
  hasPolicies: () => Promise<boolean>,
): Promise<boolean> {
  const { partitioning, recreate } = load.tableOptions;
  if (!existing || !partitioning) return false;
  const { column, granularity } = existing.partitioning ?? {};
  if (column === partitioning.column && granularity === partitioning.granularity) return false;
  const wanted = `${partitioning.granularity} of ${partitioning.column}`;
  const message = `The destination is partitioned by ${column ? `${granularity} of ${column}` : 'nothing'}, adutora.yml wants ${wanted}.`;
  if (!recreate) throw new LoadError('PARTITIONING_DIFFERS', message);
  const isProtected = load.publishing.rowAccessPolicies === 'protect' && (await hasPolicies());
  const what = existing.columns.some(({ policyTags }) => policyTags !== undefined)
    ? 'policy tags'
    : isProtected
      ? 'row access policies'
      : null;
  if (what)
    throw new LoadError('SCHEMA_CHANGE_PROTECTED', `${message} It has ${what}, which would go with it.`);
  return true;
}
