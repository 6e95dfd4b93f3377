import { sha256Hex, type TableRef, tableKey } from '../names/index.ts';
import type { Capture, Signature, SourceColumn } from '../objects/index.ts';
import { answerOf } from './question.ts';
import {
  columns,
  keys,
  type ListedTable,
  partitions,
  primaryKeyOf,
  type Tablespace,
  tables,
  tablespaces,
  tablespacesMariadb,
  toColumn,
} from './questions/index.ts';
import type { ServerFacts } from './server.ts';
import { untoldMessages } from './untold.ts';
import { judgeUpdateTime, type Stamp } from './update-time.ts';

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
  /**
   * The server could not open it: nothing else here is known for certain, and on MariaDB it has no
   * columns.
   */
  isLocked: boolean;
  /** The signature but for `config`, which is not the server's to tell. */
  signature: Omit<Signature, 'config'>;
}

/** Reads every table of a capture. */
export function readTables(capture: Capture, server: ServerFacts, settleSeconds: number): SourceTable[] {
  const columnsOf = answerOf(capture, columns);
  const keysOf = answerOf(capture, keys);
  const partitionsOf = answerOf(capture, partitions);
  // Names of files are in lower case where case does not count, whatever the listing says.
  const nameOf = (name: string) => (server.foldsCase ? name.toLowerCase() : name);
  const spaces = spacesByName(
    [...answerOf(capture, tablespaces), ...answerOf(capture, tablespacesMariadb)],
    nameOf,
  );
  const untold = untoldMessages(capture);
  return answerOf(capture, tables).map((listed) => {
    const { schema, table, storageEngine, rowsEstimate, bytesEstimate, avgRowLength } = listed;
    const key = tableKey(listed);
    const gap = untold.get(listed.comment) ?? null;
    const comment = gap ? '' : listed.comment;
    const parts = {
      columns: columnsOf.get(key) ?? [],
      keys: keysOf.get(key) ?? [],
      partitions: partitionsOf.get(key) ?? [],
    };
    return {
      ...{ schema, table, storageEngine, rowsEstimate, bytesEstimate, avgRowLength, comment },
      columns: parts.columns.map(toColumn),
      primaryKey: primaryKeyOf(parts.keys),
      isLocked: gap?.isLocked ?? false,
      signature: {
        version: 1,
        server: server.identity,
        bootEpoch: server.bootEpoch,
        createTime: listed.createTime,
        updateTime: judgeUpdateTime(stampOf(listed, gap), server, settleSeconds),
        storage: hashStorage(spaces.get(nameOf(`${schema}/${table}`)) ?? []),
        columns: sha256Hex(JSON.stringify({ ...parts, comment })),
        fingerprint: null,
      },
    };
  });
}

function stampOf(listed: ListedTable, gap: { isLocked: boolean } | null): Stamp {
  return {
    at: listed.updateTime,
    epoch: listed.updateEpoch,
    createEpoch: listed.createEpoch,
    serverEpoch: listed.serverEpoch,
    isInnodb: listed.storageEngine.toLowerCase() === 'innodb',
    bytes: listed.bytesEstimate,
    gap: gap && (gap.isLocked ? 'locked' : 'no_signal'),
  };
}

/**
 * Tablespaces by the `db/table` they may belong to: their whole name, and every part of it before a
 * `#p#`. A table whose own name holds `#p#` may so be counted to another as well, which can only
 * make that one load once too often.
 */
function spacesByName(
  all: readonly Tablespace[],
  nameOf: (name: string) => string,
): Map<string, Tablespace[]> {
  const owners = all.flatMap((one) => {
    const name = nameOf(one.name ?? '');
    const cuts = [...name.matchAll(/#p#/gi)].map(({ index }) => name.slice(0, index));
    return [name, ...cuts].map((owner) => ({ owner, one }));
  });
  return new Map(
    [...Map.groupBy(owners, ({ owner }) => owner)].map(([owner, found]) => [
      owner,
      found.map(({ one }) => one),
    ]),
  );
}

function hashStorage(spaces: readonly Tablespace[]): string | null {
  return spaces.length === 0
    ? null
    : sha256Hex(JSON.stringify(spaces.map(({ name, space }) => [name, space])));
}
