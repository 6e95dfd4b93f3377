import type { Decision, Reason } from '../names/index.ts';
import type { Signature, UpdateTime } from '../objects/index.ts';
import type { LastPublished } from '../ports/index.ts';

/** Everything a decision looks at. */
export interface DecisionFacts {
  signature: Signature;
  last: LastPublished | null;
  /** Null where the destination is not there. */
  destination: { rows: number; lastModified: string } | null;
  isForced: boolean;
  /** Another run has a load of this table under way. */
  isLoadingElsewhere: boolean;
  isExcluded: boolean;
  isPaused: boolean;
  /**
   * Whether the source's checksum equals the one of the rows last published; null where none was
   * taken.
   */
  isFingerprintEqual: boolean | null;
  now: Date;
  /** This table's own: jittered by its name. */
  maxStalenessMs: number;
}

/** Facts of a table that was loaded before, with a signature this version can read. */
interface Comparable extends DecisionFacts {
  before: Signature;
  last: LastPublished;
}

type Check = [Reason, (facts: Comparable) => boolean];

/** Reasons that say "not known": an equal checksum answers them. */
export const UNKNOWN_REASONS: ReadonlySet<Reason> = new Set<Reason>([
  'unknown_locked',
  'unknown_server',
  'unknown_restart',
  'unknown_no_signal',
  'unknown_evicted',
  'unknown_open_transaction',
  'unknown_recent',
]);

/**
 * The checks of a table that was loaded before, in the order of docs/verify.md, which the tests
 * hold it to; the first that holds gives the reason. Everything is compared with `!=`, never `>`.
 * What differs comes before what is unknown, because it says more.
 */
const CHECKS: readonly Check[] = [
  ['destination_missing', ({ destination }) => destination === null],
  // Before what differs: of a locked table a server gives half an answer.
  ['unknown_locked', isUnknown('locked')],
  ['changed_columns', ({ signature, before }) => signature.columns !== before.columns],
  // After the columns: what arrives is made of them too.
  ['changed_config', ({ signature, before }) => signature.config !== before.config],
  ['unknown_server', ({ signature, before }) => signature.server !== before.server],
  ['changed_create_time', ({ signature, before }) => signature.createTime !== before.createTime],
  ['changed_storage', ({ signature, before }) => signature.storage !== before.storage],
  ['changed_update_time', ({ signature, before }) => stampsDiffer(signature, before)],
  ['unknown_restart', ({ signature, before }) => signature.bootEpoch !== before.bootEpoch],
  ['unknown_no_signal', ({ signature, before }) => hasNoSignal(signature) || hasNoSignal(before)],
  ['unknown_evicted', isUnknown('evicted_or_restarted')],
  ['unknown_open_transaction', isUnknown('open_transaction')],
  ['unknown_recent', isUnknown('recent')],
  [
    'destination_differs',
    ({ destination, last }) =>
      destination?.rows !== last.rowsLoaded || destination?.lastModified !== last.destinationModified,
  ],
  [
    'stale',
    ({ now, last, maxStalenessMs }) => now.getTime() - Date.parse(last.publishedAt) >= maxStalenessMs,
  ],
];

/**
 * Load or skip, and why. A skip needs everything equal and known, or an equal checksum; whatever is
 * not proven loads. Pure.
 */
export function decide(facts: DecisionFacts): { decision: Decision; reason: Reason } {
  if (facts.isForced) return { decision: 'load', reason: 'forced' };
  if (facts.isExcluded) return { decision: 'skip', reason: 'excluded' };
  if (facts.isPaused) return { decision: 'skip', reason: 'paused' };
  if (facts.isLoadingElsewhere) return { decision: 'skip', reason: 'already_loading' };
  const { last } = facts;
  if (!last) return { decision: 'load', reason: facts.destination ? 'stale' : 'never_loaded' };
  if (!last.signature) return { decision: 'load', reason: 'never_loaded' };
  const comparable: Comparable = { ...facts, last, before: last.signature };
  const found = CHECKS.filter(([, holds]) => holds(comparable)).map(([reason]) => reason);
  const counting = found.find((reason) => !(facts.isFingerprintEqual && UNKNOWN_REASONS.has(reason)));
  if (counting) return { decision: 'load', reason: counting };
  return { decision: 'skip', reason: found.length > 0 ? 'unchanged_fingerprint' : 'unchanged' };
}

function isUnknown(why: Extract<UpdateTime, { state: 'unknown' }>['why']): Check[1] {
  const matches = ({ updateTime }: Signature) => updateTime.state === 'unknown' && updateTime.why === why;
  return ({ signature, before }) => matches(signature) || matches(before);
}

function hasNoSignal({ storage, updateTime }: Signature): boolean {
  return storage === null || (updateTime.state === 'unknown' && updateTime.why === 'no_signal');
}

/**
 * Two stamps that are both there and differ prove a write, even if neither is settled; so does one
 * that came or went under the same boot.
 */
function stampsDiffer(one: Signature, other: Signature): boolean {
  const [first, second] = [stampOf(one.updateTime), stampOf(other.updateTime)];
  if (first === undefined || second === undefined) return false;
  if (first !== null && second !== null) return first !== second;
  return first !== second && one.bootEpoch === other.bootEpoch;
}

/** The stamp: text; null for "not written since boot"; undefined where the server has forgotten. */
function stampOf(updateTime: UpdateTime): string | null | undefined {
  if (updateTime.state === 'unwritten_since_boot') return null;
  return updateTime.at ?? undefined;
}

/** Whether two captures of a signature prove that nothing was written in between. */
export function areProvenEqual(one: Signature, other: Signature): boolean {
  const isKnown = ({ updateTime, storage }: Signature) => updateTime.state !== 'unknown' && storage !== null;
  return (
    isKnown(one) && isKnown(other) && JSON.stringify(canonical(one)) === JSON.stringify(canonical(other))
  );
}

function canonical({
  server,
  bootEpoch,
  createTime,
  updateTime,
  storage,
  columns,
  config,
}: Signature): unknown[] {
  return [server, bootEpoch, createTime, stampOf(updateTime), storage, columns, config];
}
