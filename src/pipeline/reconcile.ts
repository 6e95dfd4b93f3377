import { areProvenEqual } from './decision.ts';
import { LoadError } from './load-error.ts';
import type { Capture } from './objects/capture.ts';
import type { Manifest } from './objects/manifest.ts';
import type { Signature } from './objects/signature.ts';
import type { Spec } from './objects/spec.ts';
import { readServer } from './signature/server.ts';
import { readTables } from './signature/tables.ts';
import { tableLabel } from './table-ref.ts';

export interface Reconciled {
  consistency: 'snapshot' | 'proven' | 'fuzzy';
  /** Rows of the source where they are known for the moment that was read, else null. */
  rowsSource: number | null;
}

/**
 * Compares the counts of one attempt (design section 7); a function of spec and manifest alone. Throws `COUNTS_DIFFER`
 * where nothing can have changed and the counts still differ, `SOURCE_MOVED` where another server was read. A table that
 * was altered since verify is `fuzzy`: the stored signature is the older one, so the next verify loads it again.
 */
export function reconcile({ spec, manifest }: { spec: Spec; manifest: Manifest }): Reconciled {
  const before = signatureOf(spec, manifest.captures.before);
  const after = signatureOf(spec, manifest.captures.after);
  checkServer(spec, [before, after]);
  const { counts } = manifest;
  const isSettled = before !== null && after !== null && areProvenEqual(before, after);
  const isSnapshot = spec.isTransactional && manifest.readers === 1;
  if (!isSettled || counts.before === null || counts.before !== counts.after) {
    return { consistency: isSnapshot ? 'snapshot' : 'fuzzy', rowsSource: null };
  }
  if (counts.before !== manifest.rows) {
    throw new LoadError(
      'COUNTS_DIFFER',
      `${tableLabel(spec.table)}: ${counts.before} rows in the source, ${manifest.rows} staged, and nothing was written meanwhile.`,
    );
  }
  return { consistency: isSnapshot ? 'snapshot' : 'proven', rowsSource: counts.before };
}

/** Null where the table is not in the capture: it was dropped meanwhile. */
function signatureOf(spec: Spec, capture: Capture): Signature | null {
  const server = readServer(capture);
  const { schema, table } = spec.table;
  const found = readTables(capture, server, spec.settleSeconds).find(
    (candidate) => candidate.schema === schema && candidate.table === table,
  );
  return found ? { ...found.signature, config: spec.signature.config } : null;
}

function checkServer(spec: Spec, captures: readonly (Signature | null)[]): void {
  const moved = captures.find((signature) => signature && signature.server !== spec.signature.server);
  if (!moved) return;
  throw new LoadError(
    'SOURCE_MOVED',
    `${tableLabel(spec.table)} was read from ${moved.server}, its signature is from ${spec.signature.server}.`,
  );
}
