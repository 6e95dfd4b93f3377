import type { ErrorCode } from '../../src/pipeline/errors/error-codes.ts';
import { type Failure, toFailure } from '../../src/pipeline/errors/failure.ts';
import { LoadError } from '../../src/pipeline/errors/load-error.ts';
import { loadRow } from '../../src/pipeline/history/load-rows.ts';
import { makeSpec } from '../../src/pipeline/load/make-spec.ts';
import type { HistoryRow } from '../../src/pipeline/objects/history-row.ts';
import type { LoadObject, SourceColumn } from '../../src/pipeline/objects/load.ts';
import type { Signature } from '../../src/pipeline/objects/signature.ts';
import type { SourceAddress, Spec } from '../../src/pipeline/objects/spec.ts';
import { tableOptionsSchema } from '../../src/pipeline/objects/table-options.ts';

/** A known signature; `changes` goes over it. */
export function signature(changes: Partial<Signature> = {}): Signature {
  return {
    version: 1,
    server: 'uuid:1',
    bootEpoch: '1000',
    createTime: '2026-01-01 00:00:00',
    updateTime: { state: 'known', at: '2026-01-02 00:00:00' },
    storage: 'a'.repeat(64),
    columns: 'b'.repeat(64),
    config: 'c'.repeat(64),
    fingerprint: null,
    ...changes,
  };
}

export function sourceColumn(changes: Partial<SourceColumn> = {}): SourceColumn {
  return {
    name: 'c',
    position: 1,
    dataType: 'int',
    columnType: 'int',
    isNullable: true,
    precision: null,
    scale: null,
    dateTimePrecision: null,
    characterSet: null,
    extra: '',
    comment: '',
    ...changes,
  };
}

/** A failure of the load of s.t, as a refusal of that table too. */
export function failure(code: ErrorCode, message = 'm'): Failure & { code: ErrorCode } {
  return toFailure(new LoadError(code, message), { schema: 's', table: 't' });
}

export const RUN = '20260102T030000Z';

/** LOAD.json of a table with one column. */
export function loadObject(changes: Partial<LoadObject> = {}): LoadObject {
  return {
    version: 1,
    sourceId: 'test',
    runId: RUN,
    loadId: `${RUN}-s-t-0123456789ab`,
    trigger: 'scheduled',
    reason: 'never_loaded',
    decidedAt: '2026-01-02T03:00:01.000Z',
    table: { schema: 's', table: 't' },
    destination: { dataset: 's', table: 't' },
    sourceColumns: [sourceColumn()],
    columns: [
      {
        name: 'c',
        destinationName: 'c',
        expression: 'CAST(`c` AS CHAR)',
        plain: { expression: '`c`', cell: 'text' },
        bigqueryType: 'INT64',
        isNullable: true,
        form: 'bare',
        tag: null,
        mask: null,
      },
    ],
    excludedColumns: [],
    maskKey: null,
    refusal: null,
    primaryKey: ['c'],
    storageEngine: 'InnoDB',
    engine: 'dataproc',
    engineReason: 'setting',
    rowsEstimate: 2,
    bytesEstimate: 16_384,
    asksServer: false,
    publishing: {
      schemaChanges: 'allow',
      rowAccessPolicies: 'protect',
      foreignColumns: 'protect',
      maxShrinkPercent: 80,
      shrinkFromRows: 1_000,
    },
    tableOptions: tableOptionsSchema.parse({}),
    hasFingerprint: false,
    predicates: [],
    maxRowsPerObject: 1_000,
    compression: 'none',
    settleSeconds: 1,
    signature: signature(),
    ...changes,
  };
}

/** Where the samples' rows come from. */
export const SOURCE: SourceAddress = {
  host: 'h',
  port: 1,
  user: 'u',
  password: { kind: 'env', name: 'P' },
  tls: { mode: 'disabled' },
};

/** The spec of the first attempt of `load`. */
export function specOf(load: LoadObject = loadObject()): Spec {
  return makeSpec({
    load,
    attemptNumber: 1,
    ticket: 1,
    address: SOURCE,
    code: null,
    bucket: 'bucket',
    now: new Date('2026-01-02T03:00:02Z'),
    random: () => 0.5,
  });
}

export function historyRow(changes: Partial<HistoryRow> = {}): HistoryRow {
  return { ...loadRow(loadObject(), { status: 'loaded' }), ...changes };
}
