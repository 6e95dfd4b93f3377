import { attemptName, objectNames } from '../names/index.ts';
import type { Cell, LoadObject, MappedColumn, SourceAddress, Spec } from '../objects/index.ts';
import {
  captureQueries,
  countQuery,
  guard,
  ownIdentityQueries,
  partitionsQuery,
  readerStatements,
  selectQuery,
} from '../source/index.ts';

const TOKEN_LETTERS = 4;

/**
 * The spec of one attempt, made of LOAD.json alone: a load asks nothing of MySQL before its engine
 * starts.
 */
export function makeSpec(input: {
  load: LoadObject;
  /** The load's columns in the order in which they are staged; the load's own unless given. */
  columns?: readonly MappedColumn[];
  attemptNumber: number;
  /** Taken for this attempt. */
  ticket: number;
  address: SourceAddress;
  code: Spec['code'];
  bucket: string;
  now: Date;
  /** 0 ≤ x < 1, called once a letter of the null token. */
  random: () => number;
}): Spec {
  const { load, attemptNumber } = input;
  const read = (input.columns ?? load.columns).map((column) => readBy(load.engine, column));
  const attemptId = attemptName(load.loadId, attemptNumber);
  return {
    version: 1,
    sourceId: load.sourceId,
    runId: load.runId,
    loadId: load.loadId,
    attemptId,
    attemptNumber,
    ticket: input.ticket,
    createdAt: input.now.toISOString(),
    table: load.table,
    engine: load.engine,
    address: input.address,
    code: input.code,
    queries: queriesOf(load, read),
    columns: read.map(({ name, destinationName, bigqueryType, form, cell, tag, mask }) => ({
      name,
      destinationName,
      bigqueryType,
      form,
      cell,
      tag,
      mask: mask?.kind === 'hmac' ? 'hmac' : null,
    })),
    primaryKey: load.primaryKey,
    maskKey: load.maskKey,
    hasFingerprint: load.hasFingerprint,
    nullToken: `\\N${randomLetters(input.random)}`,
    compression: load.compression,
    predicates: load.predicates,
    maxRowsPerObject: load.maxRowsPerObject,
    isTransactional: load.storageEngine.toLowerCase() === 'innodb',
    settleSeconds: load.settleSeconds,
    signature: load.signature,
    stage: { bucket: input.bucket, prefix: objectNames(load.sourceId).stage(attemptId) },
  };
}

type ReadColumn = Omit<MappedColumn, 'plain'> & { cell: Cell };

/** The column as an engine's SELECT gives it: Spark takes the text that the server makes. */
function readBy(engine: Spec['engine'], { plain, ...column }: MappedColumn): ReadColumn {
  if (engine === 'dataproc' || plain === null) return { ...column, cell: 'text' };
  // A text as it is, or its bytes, cannot be longer than what the server sends.
  const isTested = plain.cell !== 'text' && plain.cell !== 'base64';
  return { ...column, ...plain, tag: isTested ? column.tag : null };
}

/**
 * Every statement of an attempt. Its fingerprint is that of the source's order, whatever the order
 * of the stage.
 */
function queriesOf(load: LoadObject, columns: readonly ReadColumn[]): Spec['queries'] {
  const { table, signature, asksServer, hasFingerprint, tableOptions } = load;
  return {
    session: readerStatements(),
    ...(asksServer
      ? ownIdentityQueries(signature.server)
      : { guard: guard.sql(signature.server), identity: null }),
    capture: captureQueries({ table }),
    count: countQuery(table),
    partitions: partitionsQuery(table, load.columns, tableOptions.partitioning),
    select: selectQuery(table, columns, { fingerprintOf: hasFingerprint ? load.columns : null }),
  };
}

function randomLetters(random: () => number): string {
  return Array.from({ length: TOKEN_LETTERS }, () =>
    String.fromCharCode(65 + Math.floor(random() * 26)),
  ).join('');
}
