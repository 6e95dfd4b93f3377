import { LoadError } from '../pipeline/errors/index.ts';
import { asArgument, type TableRef, tableKey, tableLabel } from '../pipeline/names/index.ts';
import type { AcknowledgedObject } from '../pipeline/objects/index.ts';
import {
  acknowledge as acknowledgeTables,
  changeAcknowledged,
  readAcknowledged,
  takeBack,
  unacknowledged,
} from '../pipeline/verify/index.ts';
import { jsonText } from '../terminal/json-text.ts';
import { type ParsedArguments, parseArguments, takesOnly } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { type Listing, lookForGone } from './look-for-gone.ts';
import { resolveTables } from './resolve-table.ts';

const usage = 'npm run acknowledge -- table=NAME [table=NAME …] [--undo] | --all | --list [--json]';

/**
 * Says that tables have gone from the source's listing on purpose: runs do not speak of them any
 * more. Changes nothing of their data.
 */
export const acknowledge: Command = {
  usage,
  summary: 'say that a table is gone from the source on purpose, so that runs are quiet about it',
  examples: ['npm run acknowledge -- table=alunos_2019', 'npm run acknowledge -- --list'],
  run: async (args, context) => {
    const boolean = { type: 'boolean' } as const;
    const options = { all: boolean, list: boolean, undo: boolean, json: boolean };
    const parsed = parseArguments(args, options, usage);
    takesOnly(parsed, usage, ['table']);
    checkWhat(parsed);
    const known = await act(parsed, context);
    context.print(parsed.flags['json'] ? jsonText(known) : acknowledgedText(known));
    return 0;
  },
};

function checkWhat({ tables, flags }: ParsedArguments): void {
  const asked = [tables.length > 0, flags['all'], flags['list']].filter(Boolean).length;
  if (asked === 1 && !(flags['undo'] && tables.length === 0)) return;
  throw new LoadError('USAGE', 'Name tables, or --all, or --list.', { hint: `Usage: ${usage}` });
}

async function act({ tables, flags }: ParsedArguments, context: CommandContext): Promise<AcknowledgedObject> {
  const { ports, verify, now } = context;
  const change = (how: (before: AcknowledgedObject) => AcknowledgedObject) =>
    changeAcknowledged(ports.bucket, verify.sourceId, how);
  if (flags['list']) return readAcknowledged(ports.bucket, verify.sourceId);
  if (flags['undo']) {
    const { tables: known } = await readAcknowledged(ports.bucket, verify.sourceId);
    return change((before) => takeBack(before, resolveTables(tables, known)));
  }
  const listing = await lookForGone(context);
  const wanted = flags['all'] ? unacknowledged(listing.gone, listing.acknowledged) : named(tables, listing);
  return change((before) => acknowledgeTables(before, wanted, now()));
}

/** A table that is listed has not gone: who names it means another. */
function named(names: readonly string[], { listed, gone }: Listing): TableRef[] {
  const keys = new Set(gone.map(tableKey));
  const found = resolveTables(names, [...gone, ...listed]);
  const there = found.filter((table) => !keys.has(tableKey(table)));
  if (there.length === 0) return found;
  throw new LoadError('USAGE', `${there.map(tableLabel).join(', ')}: the source lists it.`, {
    hint: `To keep it from being loaded: npm run pause -- ${there.map(asArgument).join(' ')}`,
  });
}

function acknowledgedText({ tables }: AcknowledgedObject): string {
  const lines = tables.map(
    (table) => `${tableLabel(table)} is acknowledged as gone since ${table.since.slice(0, 19)} (UTC).`,
  );
  return lines.join('\n') || 'No table is acknowledged as gone.';
}
