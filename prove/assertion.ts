import type { ProveContext } from './context.ts';

/** One thing that Adutora relies on, and how to find out whether it is so. */
export interface Assertion {
  /** Stands in reports and messages; never given twice. */
  id: number;
  /** A sentence that is true or false. */
  title: string;
  /** The points of docs/unproven.md that it decides, or helps to. */
  unproven: readonly number[];
  /** Why the local stack cannot decide it; null where its stand-ins can be asked. */
  needsGoogle: string | null;
  /**
   * What was observed, in a few words. Throws an error that says so where the sentence is false,
   * `Undecided` where it cannot be decided.
   */
  check(context: ProveContext): Promise<string>;
}
