import { type LastLoad, lastLoadOf } from '../pipeline/history/index.ts';
import { tableKey } from '../pipeline/names/index.ts';
import type { DecidedTable, Refusal } from '../pipeline/objects/index.ts';
import {
  decidedGone,
  goneLines,
  inLoadOrder,
  isLasting,
  readAcknowledged,
  unacknowledged,
  unknownCost,
  type Verified,
  type VerifiedTable,
} from '../pipeline/verify/index.ts';
import { jsonText } from '../terminal/json-text.ts';
import { parseArguments, takesOnly } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { type PlannedTable, planText } from './plan-text.ts';
import { HISTORY_WINDOW_MS } from './tables.ts';
import { verifyNow } from './verify-now.ts';

const usage = 'npm run plan -- [--json]';

/** What a run would do now, why, and how the last load of each table ended. Changes nothing. */
export const plan: Command = {
  usage,
  summary: 'what a run would load now, in which order, and why',
  examples: [
    'npm run plan',
    'npm run -s plan -- --json | jq \'.[] | select(.decision == "load") | .table\'',
    "npm run -s plan -- --json | jq '.[] | select(.last_load.is_permanent)'",
  ],
  run: async (args, context) => {
    const parsed = parseArguments(args, { json: { type: 'boolean' } }, usage);
    takesOnly(parsed, usage, []);
    context.activity('comparing tables with their last load');
    const [verified, lastLoads, gone] = await planned(context);
    const tables = inOrder(verified, lastLoads, gone);
    const cost = unknownCost(
      tables.map(({ decided }) => decided),
      verified.server.dictionary,
    );
    context.print(
      parsed.flags['json']
        ? jsonText(tables.map(toJson))
        : planText(tables, { cost, gone: goneLines(gone) }, context.now()),
    );
    return 0;
  },
};

type Planned = [Verified, ReadonlyMap<string, LastLoad>, DecidedTable[]];

async function planned(context: CommandContext): Promise<Planned> {
  const { ports, verify } = context;
  const since = new Date(context.now().getTime() - HISTORY_WINDOW_MS);
  const [verified, rows, acknowledged] = await Promise.all([
    verifyNow(null, context),
    ports.history.newestLoads({ sourceId: verify.sourceId, since }),
    readAcknowledged(ports.bucket, verify.sourceId),
  ]);
  const lastLoads = rows.map(
    (row) => [tableKey({ schema: row.schema_name, table: row.table_name }), lastLoadOf(row)] as const,
  );
  const gone = unacknowledged(verified.gone, acknowledged);
  return [verified, new Map(lastLoads), gone.map((table) => decidedGone(table, verify.datasetTemplate))];
}

/**
 * The loads in the order in which they would start, then what would be refused, then the rest, then
 * what has gone.
 */
function inOrder(
  verified: Verified,
  lastLoads: ReadonlyMap<string, LastLoad>,
  gone: readonly DecidedTable[],
): PlannedTable[] {
  const withLast = ({ decided, refusal }: { decided: DecidedTable; refusal: Refusal | null }) => ({
    decided,
    refusal,
    lastLoad: lastLoads.get(tableKey(decided)) ?? null,
  });
  const byDecision = new Map(verified.tables.map((table) => [table.decided, table]));
  const sorted = inLoadOrder(verified.tables.map(({ decided }) => decided)).flatMap(
    (decided) => byDecision.get(decided) ?? [],
  );
  const isRefused = ({ refusal }: VerifiedTable) => isLasting(refusal);
  const skips = verified.tables.filter(({ decided }) => decided.loadId === null);
  const rest = [
    ...sorted.filter(isRefused),
    ...skips,
    ...gone.map((decided) => ({ decided, refusal: null })),
  ];
  return [
    ...sorted
      .filter((table) => !isRefused(table))
      .map((table, index) => ({ ...withLast(table), order: index + 1 })),
    ...rest.map((table) => ({ ...withLast(table), order: null })),
  ];
}

/** What a run would refuse is no load: its decision says so. */
function toJson({ decided, refusal, order, lastLoad }: PlannedTable): object {
  const { loadId, ...table } = decided;
  const decision = isLasting(refusal) && loadId !== null ? 'refused' : table.decision;
  return { order, ...table, decision, refusal, lastLoad };
}
