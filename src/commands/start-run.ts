import { describeFailure } from '../pipeline/errors/index.ts';
import { manualRunName, plural, REASONS, type TableRef, tableLabel } from '../pipeline/names/index.ts';
import type { SummaryObject } from '../pipeline/objects/index.ts';
import { countsText, goneOf } from '../pipeline/run/index.ts';
import { goneLines, unknownLines } from '../pipeline/verify/index.ts';
import { requestRun } from '../queues/request-run.ts';
import { jsonText } from '../terminal/json-text.ts';
import { shownBytes, shownNumber, shownStatus, textTable } from '../terminal/text-table.ts';
import type { CommandContext } from './command.ts';
import { waitForRun } from './wait-for-run.ts';

/** Adds a manual run, says its name, and follows it if asked to. Exit code 1 if a table failed. */
export async function startRun(
  wanted: { tables: readonly TableRef[] | null; isForced: boolean; isWaiting: boolean; isJson: boolean },
  context: CommandContext,
): Promise<number> {
  const now = context.now();
  const runId = manualRunName(now, context.randomSuffix());
  const queues = await context.queues();
  const tables = wanted.tables === null ? null : [...wanted.tables];
  const { bucket } = context.ports;
  await requestRun(
    { queues, bucket },
    {
      sourceId: context.verify.sourceId,
      runId,
      trigger: 'manual',
      tables,
      isForced: wanted.isForced,
      requestedAt: now.toISOString(),
    },
  );
  if (!wanted.isWaiting) {
    context.print(wanted.isJson ? jsonText({ runId }) : `Run ${runId} is in the queue.`);
    return 0;
  }
  context.note(`Run ${runId} is in the queue; waiting for its end.`);
  const summary = await waitForRun(runId, queues, context);
  context.print(wanted.isJson ? jsonText(summary) : summaryText(summary));
  return summary.status === 'succeeded' ? 0 : 1;
}

function summaryText(summary: SummaryObject): string {
  const { runId, status, historyPending, error } = summary;
  if (error)
    return `Run ${runId} ${status === 'cancelled' ? 'was cancelled' : 'failed'}: ${describeFailure(error)}`;
  const rows = summary.tables.map((table) => [
    tableLabel(table),
    shownStatus(table.status),
    table.reason,
    shownNumber(table.rowsLoaded),
    String(table.attempts),
    table.failure ? describeFailure(table.failure) : REASONS[table.reason],
  ]);
  const more = [...unknownLines(summary.unknown, shownBytes), ...goneLines(goneOf(summary))];
  const pending = historyPending > 0 ? `, ${plural(historyPending, 'history row')} still on their way` : '';
  return `${textTable(['table', 'status', 'reason', 'rows', 'attempts', 'why'], rows)}\nRun ${runId}: ${countsText(summary)}${pending}.${more.map((line) => `\n${line}`).join('')}`;
}
