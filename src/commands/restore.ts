import { setTimeout as sleepFor } from 'node:timers/promises';
import { LoadError } from '../pipeline/errors/index.ts';
import { type RestorePorts, restoreTable } from '../pipeline/interventions/index.ts';
import { asArgument, plural, tableLabel } from '../pipeline/names/index.ts';
import { jsonText } from '../terminal/json-text.ts';
import { shownNumber } from '../terminal/text-table.ts';
import { parseArguments } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { knownToHistory, knownToRuns, resolveTables } from './known-tables.ts';

const usage = 'npm run restore -- table=NAME at=TIME [--json]';
const TIME_TRAVEL_MS = 7 * 86_400_000;

/**
 * Puts a table back in BigQuery, and pauses it: the next run would load the same source over it.
 */
export const restore: Command = {
  usage,
  summary: 'put a table back in BigQuery to an earlier time (7 days), and pause it',
  examples: [
    'npm run restore -- table=alunos at=2026-11-24T06:00:00Z',
    'npm run resume -- table=alunos   # load it again from now on',
  ],
  run: async (args, context) => {
    const parsed = parseArguments(args, { json: { type: 'boolean' } }, usage);
    const at = timeArgument(parsed.words, context.now());
    if (parsed.tables.length !== 1 || parsed.runs.length > 0)
      throw new LoadError('USAGE', 'Expected one table=NAME.', { hint: `Usage: ${usage}` });
    const [table] = await resolveTables(parsed.tables, context, [knownToRuns, knownToHistory]);
    if (!table) throw new LoadError('USAGE', 'Which table?', { hint: `Usage: ${usage}` });
    const row = await restoreTable({ table, at }, restorePorts(context));
    context.print(
      parsed.flags['json']
        ? jsonText(row)
        : `${tableLabel(table)} is as it was at ${at.toISOString()}: ${plural(row.rows_loaded ?? 0, 'row', shownNumber(row.rows_loaded))}. It is paused; npm run resume -- ${asArgument(table)} ends that.`,
    );
    return 0;
  },
};

/** `at=2026-11-24T06:00:00Z`; without a zone it is UTC. */
function timeArgument(words: readonly string[], now: Date): Date {
  const [word] = words;
  const text = word?.startsWith('at=') && words.length === 1 ? word.slice('at='.length) : '';
  const iso = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?)?$/.test(text)
    ? `${text.replace(' ', 'T')}${text.includes(':') ? 'Z' : 'T00:00Z'}`
    : text;
  const at = new Date(iso);
  if (text === '' || Number.isNaN(at.getTime()))
    throw new LoadError('USAGE', `Expected at=TIME such as at=${now.toISOString().slice(0, 19)}Z.`, {
      hint: `Usage: ${usage}`,
    });
  const ageMs = now.getTime() - at.getTime();
  if (ageMs >= 0 && ageMs < TIME_TRAVEL_MS) return at;
  throw new LoadError(
    'USAGE',
    `at=${text} is ${ageMs < 0 ? 'in the future' : 'more than 7 days ago, which is as far as time travel reaches'}.`,
    { hint: `Usage: ${usage}` },
  );
}

function restorePorts({ ports, verify, ...context }: CommandContext): RestorePorts {
  return {
    ...ports,
    sourceId: verify.sourceId,
    datasetTemplate: verify.datasetTemplate,
    tableLease: context.tableLease,
    activity: context.activity,
    now: context.now,
    sleep: (ms) => sleepFor(ms),
    random: Math.random,
    randomSuffix: context.randomSuffix,
  };
}
