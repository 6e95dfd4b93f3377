import { describeFailure } from '../pipeline/errors/index.ts';
import type { LastLoad } from '../pipeline/history/index.ts';
import { plural, REASONS, tableLabel } from '../pipeline/names/index.ts';
import type { DecidedTable, Refusal, UnknownCost } from '../pipeline/objects/index.ts';
import { isGone, isLasting, unknownLines } from '../pipeline/verify/index.ts';
import { shownBytes, shownDuration, shownNumber, textTable } from '../terminal/text-table.ts';

/** As many as people read; the rest is counted. */
const TOLD = 10;

/** A table with what a run would do with it, and what its last load came to. */
export interface PlannedTable {
  decided: DecidedTable;
  refusal: Refusal | null;
  /** Null where none has ended within the window that is looked at. */
  lastLoad: LastLoad | null;
  /** Place among the loads, from 1; null for what is not loaded, or refused. */
  order: number | null;
}

/** The plan for people: a line a table, then what it comes to. */
export function planText(
  tables: readonly PlannedTable[],
  { cost, gone }: { cost: UnknownCost | null; gone: readonly string[] },
  now: Date,
): string {
  const head = ['order', 'table', 'decision', 'reason', 'rows ~', 'size', 'engine', 'last load', 'why'];
  const rows = tables.map((table) => row(table, now));
  const loads = tables.filter(({ order }) => order !== null);
  const refused = tables.filter(isRefused).length;
  const bytes = loads.reduce((sum, { decided }) => sum + (decided.bytesEstimate ?? 0), 0);
  const listed = tables.filter(({ decided }) => !isGone(decided)).length;
  return [
    textTable(head, rows),
    `${loads.length} of ${plural(listed, 'table')} would be loaded (${shownBytes(bytes)})${refused > 0 ? `, ${refused} refused` : ''}.`,
    ...unknownLines(cost, shownBytes),
    ...permanentLines(loads),
    ...gone,
  ].join('\n');
}

function isRefused({ decided, refusal }: PlannedTable): boolean {
  return decided.loadId !== null && isLasting(refusal);
}

function row(table: PlannedTable, now: Date): string[] {
  const { decided, refusal, order } = table;
  return [
    order === null ? '' : String(order),
    tableLabel(decided),
    isRefused(table) ? 'refused' : decided.decision,
    decided.reason,
    shownNumber(decided.rowsEstimate),
    shownBytes(decided.bytesEstimate),
    order === null ? '' : shownEngine(decided),
    shownLast(table, now),
    refusal ? `${refusal.code}: ${refusal.message}` : (decided.note ?? REASONS[decided.reason]),
  ];
}

/** `3 h 0 min ago`, or how it ended instead, where, and what is published all the same. */
function shownLast({ decided, lastLoad }: PlannedTable, now: Date): string {
  const ago = (at: string) => `${shownDuration(at, now.toISOString())} ago`;
  const published = decided.lastPublishedAt ? ago(decided.lastPublishedAt) : null;
  if (!lastLoad || lastLoad.status === 'loaded') return published ?? 'none known';
  const { status, endedAt, failure, attempts } = lastLoad;
  const where = attempts > 0 ? `attempt ${attempts}` : 'before an attempt';
  const how = failure ? `, ${where}: ${failure.code}` : '';
  return `${status} ${ago(endedAt)}${how}${published ? `; published ${published}` : ''}`;
}

/** `direct (small)`: who would read it, and why. */
function shownEngine({ engine, engineReason }: DecidedTable): string {
  return engine === null ? '' : `${engine} (${engineReason})`;
}

/** Loads that would fail as they did: some of them only after a Dataproc job. */
function permanentLines(loads: readonly PlannedTable[]): string[] {
  const lost = loads.filter(({ lastLoad }) => lastLoad?.isPermanent);
  if (lost.length === 0) return [];
  const costly = lost.filter(({ lastLoad }) => lastLoad?.costsJobAgain).length;
  const cost = costly > 0 ? `, and would cost ${plural(costly, 'Dataproc job')} again` : '';
  const told = lost
    .slice(0, TOLD)
    .map(
      ({ decided, lastLoad }) =>
        `  ${tableLabel(decided)}: ${lastLoad?.failure ? describeFailure(lastLoad.failure) : ''}`,
    );
  const more = lost.length > TOLD ? [`  and ${plural(lost.length - TOLD, 'table')} more`] : [];
  return [
    `${plural(lost.length, 'table')} failed last time for a reason that does not pass by itself${cost}:`,
    ...told,
    ...more,
  ];
}
