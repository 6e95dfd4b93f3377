import { readObject } from '../pipeline/json-objects.ts';
import { objectNames } from '../pipeline/names.ts';
import { summaryObjectSchema, tablesObjectSchema } from '../pipeline/objects/run.ts';
import { failureLines } from '../pipeline/run/summary.ts';
import { limitFlag, parseArguments, takesOnly } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { shownDuration, shownStatus, textTable } from './text-table.ts';

const usage = 'npm run runs -- [--limit N] [--json]';

/** A run as the bucket knows it. */
interface RunLine {
  run: string;
  trigger: string | null;
  status: 'succeeded' | 'failed' | 'running' | 'verifying';
  startedAt: string | null;
  endedAt: string | null;
  loaded: number;
  skipped: number;
  failed: number;
  /** One line a failed table. */
  failures: string[];
}

/** The newest runs and how they ended. */
export const runs: Command = {
  usage,
  summary: 'the newest runs and how they ended',
  examples: ['npm run runs', 'npm run -s runs -- --limit 1 --json'],
  run: async (args, context) => {
    const parsed = parseArguments(args, { limit: { type: 'string' }, json: { type: 'boolean' } }, usage);
    takesOnly(parsed, usage, []);
    const limit = limitFlag(parsed, { usage, standard: 20, max: 500 });
    context.activity('reading the runs');
    const names = await context.ports.stage.folders(objectNames(context.verify.sourceId).runs);
    const newest = names.sort((a, b) => slotOf(b).localeCompare(slotOf(a))).slice(0, limit);
    const lines = await Promise.all(newest.map((run) => describeRun(run, context)));
    context.print(parsed.flags['json'] ? JSON.stringify(lines) : runsText(lines));
    return 0;
  },
};

/** The time in a run's name; manual runs carry a word in front. */
export function slotOf(run: string): string {
  return run.replace(/^manual-/, '');
}

async function describeRun(run: string, { ports, verify }: CommandContext): Promise<RunLine> {
  const names = objectNames(verify.sourceId);
  const summary = (await readObject(ports.stage, names.summary(run), summaryObjectSchema))?.value;
  if (summary) {
    const { trigger, status, startedAt, endedAt, loaded, skipped, failed } = summary;
    const failures = failureLines(summary);
    return { run, trigger, status, startedAt, endedAt, loaded, skipped, failed, failures };
  }
  const tables = (await readObject(ports.stage, names.tables(run), tablesObjectSchema))?.value;
  return {
    run,
    trigger: tables?.trigger ?? null,
    status: tables ? 'running' : 'verifying',
    startedAt: tables?.startedAt ?? null,
    endedAt: null,
    loaded: 0,
    skipped: tables?.tables.filter(({ load }) => load === null).length ?? 0,
    failed: 0,
    failures: [],
  };
}

function runsText(lines: readonly RunLine[]): string {
  if (lines.length === 0) return 'There has been no run yet.';
  const rows = lines.map((line) => [
    line.run,
    line.startedAt?.slice(0, 19) ?? '–',
    shownDuration(line.startedAt, line.endedAt),
    shownStatus(line.status),
    String(line.loaded),
    String(line.skipped),
    String(line.failed),
    line.failures[0] ?? '',
  ]);
  return textTable(['run', 'started (UTC)', 'took', 'status', 'loaded', 'skipped', 'failed', ''], rows);
}
