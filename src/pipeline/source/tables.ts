import { sha256Hex, type TableRef, tableKey } from '../names/index.ts';
import type { Capture, Signature, SourceColumn, TextRow } from '../objects/index.ts';
import { rowsOf } from './rows-of.ts';
import type { ServerFacts } from './server.ts';
import { untoldMessages } from './untold.ts';
import { judgeUpdateTime } from './update-time.ts';

/** One table as a capture shows it. */
export interface SourceTable extends TableRef {
  storageEngine: string;
  rowsEstimate: number | null;
  bytesEstimate: number | null;
  avgRowLength: number | null;
  /** The table's comment; empty without one. */
  comment: string;
  columns: SourceColumn[];
  /** Column names in key order; empty without a primary key. */
  primaryKey: string[];
  /** The server could not open it: nothing else here is known for certain, and on MariaDB it has no columns. */
  isLocked: boolean;
  /** The signature but for `config`, which is not the server's to tell. */
  signature: Omit<Signature, 'config'>;
}

/** Reads every table of a capture. */
export function readTables(capture: Capture, server: ServerFacts, settleSeconds: number): SourceTable[] {
  const columns = groupByTable(rowsOf(capture, 'columns'));
  const keys = groupByTable(rowsOf(capture, 'keys'));
  const partitions = groupByTable(rowsOf(capture, 'partitions'));
  // Names of files are in lower case where case does not count, whatever the listing says.
  const nameOf = (name: string) => (server.foldsCase ? name.toLowerCase() : name);
  const spaces = spacesByName(
    [...rowsOf(capture, 'tablespaces'), ...rowsOf(capture, 'tablespaces_mariadb')],
    nameOf,
  );
  const untold = untoldMessages(capture);
  return rowsOf(capture, 'tables').map((row) => {
    const key = keyOf(row);
    const gap = untold.get(row['table_comment'] ?? '') ?? null;
    const comment = gap ? '' : (row['table_comment'] ?? '');
    const parts = {
      columns: columns.get(key) ?? [],
      keys: keys.get(key) ?? [],
      partitions: partitions.get(key) ?? [],
    };
    const isInnodb = row['engine']?.toLowerCase() === 'innodb';
    const stamp = {
      at: row['update_time'] ?? null,
      epoch: toNumber(row['update_epoch']),
      createEpoch: toNumber(row['create_epoch']),
      serverEpoch: Number(row['server_epoch']),
      isInnodb,
      bytes: toNumber(row['bytes']),
      gap: gap && (gap.isLocked ? ('locked' as const) : ('no_signal' as const)),
    };
    return {
      schema: row['table_schema'] ?? '',
      table: row['table_name'] ?? '',
      storageEngine: row['engine'] ?? '',
      rowsEstimate: toNumber(row['table_rows']),
      bytesEstimate: toNumber(row['bytes']),
      avgRowLength: toNumber(row['avg_row_length']),
      comment,
      columns: parts.columns.map(toColumn),
      primaryKey: parts.keys
        .filter((part) => part['index_name'] === 'PRIMARY')
        .map((part) => part['column_name'] ?? ''),
      isLocked: gap?.isLocked ?? false,
      signature: {
        version: 1,
        server: server.identity,
        bootEpoch: server.bootEpoch,
        createTime: row['create_time'] ?? null,
        updateTime: judgeUpdateTime(stamp, server, settleSeconds),
        storage: hashStorage(spaces.get(nameOf(`${row['table_schema']}/${row['table_name']}`)) ?? []),
        columns: sha256Hex(JSON.stringify({ ...parts, comment })),
        fingerprint: null,
      },
    };
  });
}

/**
 * Tablespaces by the `db/table` they may belong to: their whole name, and every part of it before a `#p#`. A table whose own
 * name holds `#p#` may so be counted to another as well, which can only make that one load once too often.
 */
function spacesByName(rows: readonly TextRow[], nameOf: (name: string) => string): Map<string, TextRow[]> {
  const owners = rows.flatMap((row) => {
    const name = nameOf(row['name'] ?? '');
    const cuts = [...name.matchAll(/#p#/gi)].map(({ index }) => name.slice(0, index));
    return [name, ...cuts].map((owner) => ({ owner, row }));
  });
  return new Map(
    [...Map.groupBy(owners, ({ owner }) => owner)].map(([owner, found]) => [
      owner,
      found.map(({ row }) => row),
    ]),
  );
}

function hashStorage(spaces: readonly TextRow[]): string | null {
  return spaces.length === 0
    ? null
    : sha256Hex(JSON.stringify(spaces.map((row) => [row['name'], row['space']])));
}

function keyOf(row: TextRow): string {
  return tableKey({ schema: row['table_schema'] ?? '', table: row['table_name'] ?? '' });
}

function groupByTable(rows: readonly TextRow[]): Map<string, TextRow[]> {
  return Map.groupBy(rows, keyOf);
}

function toNumber(text: string | null | undefined): number | null {
  return text === null || text === undefined || text === '' ? null : Number(text);
}

function toColumn(row: TextRow): SourceColumn {
  return {
    name: row['column_name'] ?? '',
    position: Number(row['position']),
    dataType: (row['data_type'] ?? '').toLowerCase(),
    columnType: (row['column_type'] ?? '').toLowerCase(),
    isNullable: row['is_nullable'] === 'YES',
    precision: toNumber(row['numeric_precision']),
    scale: toNumber(row['numeric_scale']),
    dateTimePrecision: toNumber(row['datetime_precision']),
    characterSet: row['character_set_name'] ?? null,
    extra: row['extra'] ?? '',
    comment: row['column_comment'] ?? '',
  };
}
