import type { Capture } from '../../src/pipeline/objects/capture.ts';
import type { Signature } from '../../src/pipeline/objects/signature.ts';
import { readServer } from '../../src/pipeline/source/server.ts';
import { readTables } from '../../src/pipeline/source/tables.ts';

/**
 * A capture of one table `s.t` as MySQL 8 answers it; `table` goes over its row of
 * information_schema.
 */
export function capture(table: Record<string, string | null> = {}, more: Partial<Capture> = {}): Capture {
  const name = { table_schema: 's', table_name: 't' };
  return {
    server: {
      rows: [
        { Variable_name: 'server_uuid', Value: '1' },
        { Variable_name: 'version', Value: '8.0.31' },
        { Variable_name: 'table_definition_cache', Value: '2000' },
      ],
    },
    schemas: { rows: [{ schema_name: 's' }] },
    boot: { rows: [{ boot_epoch: '1000' }] },
    tables: {
      rows: [
        {
          ...name,
          engine: 'InnoDB',
          table_rows: '2',
          bytes: '16384',
          avg_row_length: '100',
          create_time: '2026-01-01 00:00:00',
          update_time: '2026-01-02 00:00:00',
          create_epoch: '2000',
          update_epoch: '5000',
          server_epoch: '9000',
          ...table,
        },
      ],
    },
    open_transactions: { rows: [{ oldest_epoch: null, oldest_writer_epoch: null }] },
    tablespaces: { rows: [{ name: 's/t', space: '7' }] },
    dictionary: { rows: [{ spaces: '10' }] },
    columns: {
      rows: [
        {
          ...name,
          column_name: 'c',
          position: '1',
          data_type: 'int',
          column_type: 'int',
          is_nullable: 'YES',
          extra: '',
          column_comment: '',
        },
      ],
    },
    keys: { rows: [{ ...name, index_name: 'PRIMARY', non_unique: '0', seq: '1', column_name: 'c' }] },
    partitions: { rows: [] },
    ...more,
  };
}

/** The signature that a capture of `s.t` gives. */
export function signatureOf(one: Capture, settleSeconds = 1): Signature {
  const [table] = readTables(one, readServer(one), settleSeconds);
  if (!table) throw new Error('the capture has no table');
  return { ...table.signature, config: 'c'.repeat(64) };
}
