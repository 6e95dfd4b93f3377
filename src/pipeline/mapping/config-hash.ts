import { sha256Hex } from '../names/index.ts';
import type { MappedColumn, SecretRef } from '../objects/index.ts';
import type { TableShape } from './table-options.ts';

/**
 * The hash of the configuration that changes what arrives; nothing else may change it. It looks at
 * what the rules make of the table, not at the rules: a policy for dates is no reason to load a
 * table without dates.
 */
export function configHash(
  destination: { dataset: string; table: string },
  { columns, excludedColumns, tableOptions }: TableShape,
  maskKey: SecretRef | null,
): string {
  const arriving = columns.map(({ name, bigqueryType, form, tag, mask }) => ({
    name,
    bigqueryType,
    form,
    tag,
    mask,
  }));
  const key = usesHmac(columns) ? maskKey : null;
  const { partitioning, clustering } = tableOptions;
  return sha256Hex(JSON.stringify({ destination, arriving, excludedColumns, key, partitioning, clustering }));
}

/**
 * Whether a column is masked by HMAC: what MySQL sees of it must then stand nowhere, not even in a
 * checksum.
 */
export function usesHmac(columns: readonly MappedColumn[]): boolean {
  return columns.some(({ mask }) => mask?.kind === 'hmac');
}
