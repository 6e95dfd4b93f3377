import { LoadError } from '../load-error.ts';
import type { LoadObject } from '../objects/load.ts';
import type { TableDesign } from '../objects/table-design.ts';
import type { DestinationFacts } from '../ports/destination.ts';

/**
 * A load cannot change how a table is laid out: throws `TABLE_DESIGN_DIFFERS` where the configuration asks for another layout
 * than the table has. What the configuration does not mention is left as people made it.
 */
export function checkDesign(
  { destination, design }: Pick<LoadObject, 'destination' | 'design'>,
  existing: DestinationFacts | null,
): void {
  if (!existing) return;
  const { partitionBy, clusterBy } = existing.design;
  const isSamePartitioning = !design.partitionBy || isSame(design.partitionBy, partitionBy);
  const isSameClustering = design.clusterBy.length === 0 || isSame(design.clusterBy, clusterBy);
  if (isSamePartitioning && isSameClustering) return;
  const { dataset, table } = destination;
  throw new LoadError(
    'TABLE_DESIGN_DIFFERS',
    `${dataset}.${table} is ${shown(existing.design)} in BigQuery, and adutora.yml asks for ${shown(design)}.`,
    {
      hint: `Correct bigquery in adutora.yml; or, if nothing that is set on the table is needed (policies, descriptions, grants): DROP TABLE \`${dataset}.${table}\`, and load it again.`,
      context: { has: existing.design, wanted: design },
    },
  );
}

/** Column names of BigQuery have no case. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one).toLowerCase() === JSON.stringify(other).toLowerCase();
}

function shown({ partitionBy, clusterBy }: TableDesign): string {
  const partitioning = partitionBy
    ? `partitioned by ${partitionBy.granularity} of ${partitionBy.column}`
    : 'not partitioned';
  return `${partitioning}, ${clusterBy.length > 0 ? `clustered by ${clusterBy.join(', ')}` : 'not clustered'}`;
}
