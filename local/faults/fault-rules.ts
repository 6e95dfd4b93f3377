/** What goes wrong with a call. */
export type Fault =
  /** The work is done, and nobody hears of it. */
  | { kind: 'lost-reply' }
  /** An HTTP status (BigQuery, Cloud Storage) or gRPC code (Dataproc) instead of the work. */
  | { kind: 'error'; status: number; reason?: string }
  | { kind: 'delay'; ms: number }
  /** The call arrives twice; the second answer is given. */
  | { kind: 'duplicate' }
  /** BigQuery only: a load job tells of one row more than it loaded. */
  | { kind: 'wrong-count' };

/**
 * A fault for the next `times` calls that match: `POST /jobs` or `SubmitJob`, as a regular
 * expression.
 */
export interface FaultRule {
  call: string;
  times: number;
  fault: Fault;
}

/** The switches of one stand-in; empty unless a test sets them. */
export class FaultRules {
  #rules: (FaultRule & { left: number })[] = [];

  add(rule: FaultRule): void {
    this.#rules.push({ ...rule, left: rule.times });
  }

  clear(): void {
    this.#rules = [];
  }

  /** The fault of this call, used up once; null where nothing is to go wrong. */
  take(call: string): Fault | null {
    const rule = this.#rules.find(({ call: pattern, left }) => left > 0 && new RegExp(pattern).test(call));
    if (!rule) return null;
    rule.left -= 1;
    return rule.fault;
  }
}
