import { createHmac } from 'node:crypto';
import { LoadError } from '../../pipeline/errors/index.ts';
import type { Spec } from '../../pipeline/objects/index.ts';
import type { ColumnPlan } from './column-plan.ts';
import type { Findings } from './findings.ts';
import type { LineBuffer } from './line-buffer.ts';
import { boundsOf } from './packet-values.ts';
import { rowKey } from './row-key.ts';

const QUOTE = 0x22;
const MIN_KEY_BYTES = 16;

/** Writes the values of one row after the other, and counts what its columns' rules are about. */
export class CellWriter {
  readonly #plans: readonly ColumnPlan[];
  readonly #spec: Spec;
  readonly #line: LineBuffer;
  readonly #findings: Findings;
  readonly #nullToken: Buffer;
  readonly #maskKey: Buffer;
  #source: Buffer = Buffer.alloc(0);
  #start = 0;

  /** Throws `SECRET_MISSING` where a column is masked, and the key is none. */
  constructor(
    plans: readonly ColumnPlan[],
    parts: { spec: Spec; maskKey: string | null; line: LineBuffer; findings: Findings },
  ) {
    this.#plans = plans;
    this.#spec = parts.spec;
    this.#line = parts.line;
    this.#findings = parts.findings;
    this.#nullToken = Buffer.from(parts.spec.nullToken);
    this.#maskKey = Buffer.from(parts.maskKey ?? '');
    const { length } = this.#maskKey;
    if (plans.some(({ isHmac }) => isHmac) && length < MIN_KEY_BYTES)
      throw new LoadError(
        'SECRET_MISSING',
        `the mask key has ${length} bytes, at least ${MIN_KEY_BYTES} are needed`,
      );
  }

  /** The values of `source` from now on, of a row that begins at `start`. */
  begin(source: Buffer, start: number): void {
    this.#source = source;
    this.#start = start;
    this.#line.from(source);
  }

  null(): void {
    const token = this.#nullToken;
    for (let at = 0; at < token.length; at += 1) this.#line.byte(token[at] as number);
  }

  /** A text of a column that nothing else is done to. */
  quoted(from: number, to: number): void {
    this.#countCollision(from, to);
    this.#line.quoted(from, to);
  }

  /** A value of any column. */
  other(index: number, from: number, to: number): void {
    const plan = this.#plans[index] as ColumnPlan;
    let kept = from;
    if (this.#countTagged(plan, index, from, to)) {
      if (plan.keptFrom === null) {
        this.null();
        return;
      }
      kept += plan.keptFrom;
    }
    if (plan.mayCollide) this.#countCollision(from, to);
    const line = this.#line;
    if (plan.isQuoted && !plan.isBase64 && !plan.isHmac) {
      line.quoted(kept, to);
      return;
    }
    if (plan.isQuoted) line.byte(QUOTE);
    if (plan.isHmac) line.ascii(this.#hmac(plan, kept, to));
    else if (plan.isBase64) line.base64(kept, to);
    else line.raw(kept, to);
    if (plan.isQuoted) line.byte(QUOTE);
  }

  /** Counts a value that is not written. */
  count(index: number, from: number, to: number): void {
    const plan = this.#plans[index] as ColumnPlan;
    if (!this.#countTagged(plan, index, from, to) && plan.mayCollide) this.#countCollision(from, to);
  }

  #countTagged(plan: ColumnPlan, index: number, from: number, to: number): boolean {
    if (plan.isTagged === null || !plan.isTagged(this.#source, from, to)) return false;
    const { tagged, firstKeys } = this.#findings;
    tagged[index] = (tagged[index] ?? 0) + 1;
    if (plan.isError && firstKeys[index] === null) firstKeys[index] = this.key();
    return true;
  }

  #countCollision(from: number, to: number): void {
    const token = this.#nullToken;
    if (to - from !== token.length || this.#source[from] !== token[0]) return;
    if (this.#source.compare(token, 0, token.length, from, to) === 0) this.#findings.collisions += 1;
  }

  /** The row as a message may show it. */
  key(): string {
    return rowKey(this.#spec, this.#source, boundsOf(this.#source, this.#start, this.#plans.length));
  }

  #hmac({ isBase64 }: ColumnPlan, from: number, to: number): string {
    const value = this.#source.subarray(from, to);
    return createHmac('sha256', this.#maskKey)
      .update(isBase64 ? value.toString('base64') : value)
      .digest('hex');
  }
}
