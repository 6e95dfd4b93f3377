import { LoadError } from '../../pipeline/errors/index.ts';
import type { Manifest, Spec } from '../../pipeline/objects/index.ts';
import { CellWriter } from './cell-writer.ts';
import { BARE, type ColumnPlan, DATE, planOf, QUOTED } from './column-plan.ts';
import { checkFindings, createFindings, type Findings } from './findings.ts';
import { type Flush, LineBuffer } from './line-buffer.ts';
import { boundsOf, lengthWidth, longLength, NULL_VALUE } from './packet-values.ts';
import { measureRow } from './row-length.ts';
import { RowSums } from './row-sums.ts';
import { isNoDate } from './tag-tests.ts';

const COMMA = 0x2c;
const LINE_FEED = 0x0a;
/** BigQuery loads rows of up to 100 MB. */
const MAX_ROW_BYTES = 100 * 1024 * 1024;
/** More than a value takes beside twice its own bytes: an HMAC in quotes. */
const BESIDE = 70;
/** A row that may become longer is measured before it is written. */
const UNMEASURED = 256 * 1024;

/** Writes rows as the lines of a stage: what `spark/adutora_line.py` makes of them, to the byte. */
export interface LineWriter {
  /** Rows so far. */
  readonly rows: number;
  /**
   * One row, as the SELECT of the spec gives it: values of MySQL's text protocol in
   * `source[start, end)`, which is not looked at after the call. Throws `UNEXPECTED` where that is
   * no such row.
   */
  row(source: Buffer, start: number, end: number): void;
  /** Hands over the last chunk. */
  end(): void;
  /** What the manifest says of the rows. Throws as `checkFindings`. */
  outcome(): Pick<Manifest, 'rows' | 'policyCounts' | 'fingerprint'>;
}

export function createLineWriter(input: {
  spec: Spec;
  /** The key of `mask: hmac`; null where no column is masked so. */
  maskKey: string | null;
  /** Gets chunks of about 1 MB, or of one long row, that end at a row's end. */
  flush: Flush;
}): LineWriter {
  return new Writer(input);
}

class Writer implements LineWriter {
  rows = 0;
  readonly #spec: Spec;
  readonly #line: LineBuffer;
  readonly #cells: CellWriter;
  readonly #plans: readonly ColumnPlan[];
  /** Theirs, where the loop finds them fast. */
  readonly #kinds: Uint8Array;
  readonly #findings: Findings;
  readonly #sums = new RowSums();

  constructor({ spec, maskKey, flush }: Parameters<typeof createLineWriter>[0]) {
    this.#spec = spec;
    this.#line = new LineBuffer(flush);
    this.#findings = createFindings(spec);
    this.#plans = spec.columns.map(planOf);
    this.#kinds = Uint8Array.from(this.#plans, ({ kind }) => kind);
    this.#cells = new CellWriter(this.#plans, { spec, maskKey, line: this.#line, findings: this.#findings });
  }

  row(source: Buffer, start: number, end: number): void {
    this.rows += 1;
    if (!this.#reserve(source, start, end)) return;
    const kinds = this.#kinds;
    const line = this.#line;
    const cells = this.#cells;
    cells.begin(source, start);
    let at = start;
    for (let index = 0; index < kinds.length; index += 1) {
      if (index > 0) line.byte(COMMA);
      let length = source[at] as number;
      at += 1;
      if (length === NULL_VALUE) {
        cells.null();
        continue;
      }
      if (length > NULL_VALUE) {
        const first = length;
        length = longLength(source, at, first);
        at += lengthWidth(first);
        // A length that is none would become base64 without an end.
        if (length > end - at) throw malformed(this.#spec);
      }
      const to = at + length;
      const kind = kinds[index];
      if (kind === BARE) line.raw(at, to);
      else if (kind === QUOTED) cells.quoted(at, to);
      else if (kind === DATE && !isNoDate(source, at, to)) line.raw(at, to);
      else cells.other(index, at, to);
      at = to;
    }
    line.byte(LINE_FEED);
    if (this.#spec.hasFingerprint) at = this.#sum(source, at);
    if (at !== end) throw malformed(this.#spec);
  }

  /** Room for a row; false where it is too long: then it is counted, and not written. */
  #reserve(source: Buffer, start: number, end: number): boolean {
    const most = 2 * (end - start) + BESIDE * (this.#plans.length + 1);
    if (most <= UNMEASURED) {
      this.#line.reserve(most);
      return true;
    }
    const bounds = boundsOf(source, start, this.#plans.length);
    const { cells, line } = measureRow(this.#plans, { source, bounds, nullToken: this.#spec.nullToken });
    const isTooLong = cells > MAX_ROW_BYTES || line > MAX_ROW_BYTES;
    if (isTooLong) this.#countOnly(source, start, bounds);
    else this.#line.reserve(line + 1);
    return !isTooLong;
  }

  #countOnly(source: Buffer, start: number, bounds: readonly number[]): void {
    const findings = this.#findings;
    this.#cells.begin(source, start);
    for (let index = 0; index < this.#plans.length; index += 1) {
      const [from = -1, to = -1] = bounds.slice(2 * index);
      if (from >= 0) this.#cells.count(index, from, to);
    }
    findings.tooLong += 1;
    findings.tooLongKey ??= this.#cells.key();
  }

  /** The row's checksum, behind its values; where it ends. */
  #sum(source: Buffer, at: number): number {
    if (source[at] === NULL_VALUE) return at + 1;
    this.#sums.add(source, at + 1);
    return at + 1 + (source[at] as number);
  }

  end(): void {
    this.#line.flush();
  }

  outcome(): ReturnType<LineWriter['outcome']> {
    const policyCounts = checkFindings(this.#spec, this.#findings);
    const fingerprint = this.#spec.hasFingerprint ? this.#sums.of(this.rows) : null;
    return { rows: this.rows, policyCounts, fingerprint };
  }
}

function malformed({ columns, table }: Spec): LoadError {
  const message = `MySQL sent a row of ${table.schema}.${table.table} that does not hold ${columns.length} values to its end`;
  return new LoadError('UNEXPECTED', message);
}
