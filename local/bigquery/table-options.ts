import { invalid, onlyFields, unknown } from './api-error.ts';
import type { Clustering, Field, TimePartitioning } from './resources.ts';
import { typeName } from './types.ts';

const INTERVALS = ['HOUR', 'DAY', 'MONTH', 'YEAR'];
const PARTITION_TYPES = ['DATE', 'DATETIME', 'TIMESTAMP'];
const MAX_CLUSTERING = 4;

export interface TableOptions {
  timePartitioning?: TimePartitioning;
  clustering?: Clustering;
}

/** Partitioning and clustering must be columns of the schema. */
export function checkOptions({ timePartitioning, clustering }: TableOptions, schema: readonly Field[]): void {
  const typeOf = (name: string) =>
    schema.find((field) => field.name.toLowerCase() === name.toLowerCase())?.type;
  if (timePartitioning) {
    onlyFields(timePartitioning, ['type', 'field', 'expirationMs'], 'timePartitioning');
    const { type, field } = timePartitioning;
    if (!INTERVALS.includes(type)) throw invalid(`Invalid partitioning type ${type}.`);
    if (field === undefined) throw unknown('partitions by ingestion time');
    const found = typeOf(field);
    if (!found || !PARTITION_TYPES.includes(typeName(found)))
      throw invalid(
        `The field specified for partitioning (${field}) cannot be found in the schema, or has another type.`,
      );
  }
  if (!clustering) return;
  onlyFields(clustering, ['fields'], 'clustering');
  const missing = clustering.fields.filter((field) => !typeOf(field));
  if (missing.length > 0 || clustering.fields.length > MAX_CLUSTERING)
    throw invalid(
      `The fields specified for clustering cannot be found in the schema: ${missing.join(', ')}.`,
    );
}

/** What a load says about a table that is there must be what the table is. */
export function checkSameOptions(given: TableOptions, existing: TableOptions): void {
  const { timePartitioning: wanted, clustering } = given;
  const has = existing.timePartitioning;
  const isSame = wanted?.type === has?.type && wanted?.field === has?.field;
  if (wanted && !isSame)
    throw invalid(
      `Incompatible table partitioning specification. Expects partitioning specification ${describe(has)}, but input partitioning specification is ${describe(wanted)}`,
    );
  if (wanted?.expirationMs !== undefined && wanted.expirationMs !== has?.expirationMs)
    throw unknown('a load that changes the expiration of partitions');
  if (clustering && clustering.fields.join() !== existing.clustering?.fields.join())
    throw unknown('a load that changes the clustering');
}

function describe(partitioning: TimePartitioning | undefined): string {
  return partitioning
    ? `interval(type:${partitioning.type.toLowerCase()},field:${partitioning.field})`
    : 'none';
}
