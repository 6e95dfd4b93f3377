import { LoadError, toError } from '../errors/index.ts';
import type { Capture, LoadObject, Manifest, Signature, SourceColumn, Spec } from '../objects/index.ts';
import {
  hiddenRefusal,
  isWholeRowDenied,
  readServer,
  readTables,
  type SourceTable,
} from '../source/index.ts';
import { areProvenEqual } from '../verify/index.ts';

/** What a load believes of its table. */
export type SourceShape = Pick<LoadObject, 'sourceColumns' | 'primaryKey' | 'storageEngine'>;

export interface Reconciled {
  consistency: 'snapshot' | 'proven' | 'fuzzy';
  /** Rows of the source where they are known for the moment that was read, else null. */
  rowsSource: number | null;
}

/**
 * Compares the counts of one attempt: a function of spec and manifest alone. Throws
 * - `COUNTS_DIFFER`: nothing can have changed and the counts still differ, one transaction counted
 *   other rows than it read, or the manifest's own disagree;
 * - `SOURCE_MOVED`: another server was read;
 * - `SOURCE_COLUMNS_HIDDEN`: the user may no longer read every column;
 * - `SOURCE_CHANGED_SHAPE`: columns, key or engine are not those that the SELECT was made from.
 */
export function reconcile(input: {
  spec: Spec;
  manifest: Manifest;
  /** What the SELECT was made from. */
  load: SourceShape;
}): Reconciled {
  const { spec, manifest } = input;
  checkAccess(spec, [manifest.captures.before, manifest.captures.after]);
  const tables = [manifest.captures.before, manifest.captures.after].map((capture) => tableOf(spec, capture));
  checkShape(input.load, tables);
  const [before = null, after = null] = tables.map((table) => signatureOf(spec, table));
  checkServer(spec, [before, after]);
  checkFingerprint(manifest);
  checkInside(manifest);
  const { inside, beside } = manifest.counts;
  const counted = inside ?? beside;
  const isSettled = before !== null && after !== null && areProvenEqual(before, after);
  const isSnapshot = spec.isTransactional && manifest.readers === 1;
  if (!isSettled || counted === null) {
    return { consistency: isSnapshot ? 'snapshot' : 'fuzzy', rowsSource: inside };
  }
  if (counted !== manifest.rows) {
    throw new LoadError(
      'COUNTS_DIFFER',
      `${counted} rows in the source, ${manifest.rows} staged, and nothing was written meanwhile.`,
    );
  }
  return { consistency: isSnapshot ? 'snapshot' : 'proven', rowsSource: counted };
}

/** Whatever is written meanwhile: one transaction counts the rows that it reads. */
function checkInside({ counts: { inside }, rows }: Manifest): void {
  if (inside === null || inside === rows) return;
  throw new LoadError('COUNTS_DIFFER', `${inside} rows in the transaction that was read, ${rows} staged.`);
}

/** Null where the table is not in the capture: it was dropped meanwhile. */
function tableOf(spec: Spec, capture: Capture): SourceTable | null {
  const { schema, table } = spec.table;
  const tables = readTables(capture, readServer(capture), spec.settleSeconds);
  return tables.find((candidate) => candidate.schema === schema && candidate.table === table) ?? null;
}

function signatureOf(spec: Spec, table: SourceTable | null): Signature | null {
  return table && { ...table.signature, config: spec.signature.config };
}

/**
 * A column whose privilege was taken away meanwhile looks dropped: a new look at the table would
 * load it without.
 */
function checkAccess(spec: Spec, captures: readonly Capture[]): void {
  const denied = captures.find((capture) => isWholeRowDenied(capture));
  if (!denied) return;
  const columns = tableOf(spec, denied)?.columns ?? [];
  throw toError(hiddenRefusal({ ...spec.table, columns }));
}

/**
 * A column that became another type was read by the rules of the old one; one that is new was not
 * read at all. A key that is gone must not be declared, and a statement on another engine is no
 * snapshot.
 */
function checkShape(load: SourceShape, tables: readonly (SourceTable | null)[]): void {
  const shape = (
    columns: readonly SourceColumn[],
    { primaryKey, storageEngine }: Omit<SourceShape, 'sourceColumns'>,
  ) => JSON.stringify([columns.map(({ comment: _, ...column }) => column), primaryKey, storageEngine]);
  const wanted = shape(load.sourceColumns, load);
  if (tables.every((table) => table === null || shape(table.columns, table) === wanted)) return;
  throw new LoadError('SOURCE_CHANGED_SHAPE', 'The table was altered between verify and the last row read.');
}

/**
 * The signature that history keeps of an attempt: the one frozen in its spec, or, where nobody had
 * asked the server before, the engine's own from before its first read. Never a newer one.
 */
export function publishedSignature(spec: Spec, manifest: Manifest): Signature {
  if (spec.queries.identity === null) return spec.signature;
  return signatureOf(spec, tableOf(spec, manifest.captures.before)) ?? spec.signature;
}

/**
 * Both were counted in the pass that wrote, so they agree whatever was written to the table
 * meanwhile.
 */
function checkFingerprint({ fingerprint, rows }: Manifest): void {
  const counted = fingerprint?.split(':')[0] ?? String(rows);
  if (counted === String(rows)) return;
  throw new LoadError('COUNTS_DIFFER', `The manifest says ${rows} rows, its checksum is of ${counted}.`);
}

function checkServer(spec: Spec, captures: readonly (Signature | null)[]): void {
  const expected = spec.queries.identity === null ? spec.signature.server : captures[0]?.server;
  const moved = captures.find((signature) => signature && signature.server !== expected);
  if (!moved) return;
  throw new LoadError(
    'SOURCE_MOVED',
    `The table was read from ${moved.server}, its signature is from ${expected ?? 'a table that was not there'}.`,
  );
}
