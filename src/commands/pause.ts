import { LoadError } from '../pipeline/errors/index.ts';
import { pauseTables, resumeTables } from '../pipeline/interventions/index.ts';
import { type TableRef, tableLabel } from '../pipeline/names/index.ts';
import type { PausesObject } from '../pipeline/objects/index.ts';
import type { Bucket } from '../pipeline/ports/index.ts';
import { readPauses } from '../pipeline/verify/index.ts';
import { jsonText } from '../terminal/json-text.ts';
import { parseArguments, takesOnly } from './arguments.ts';
import type { Command } from './command.ts';
import { knownToRuns, resolveTables, type TablePlace } from './known-tables.ts';

/**
 * What is paused may be gone from the source; and neither pausing nor resuming is any business of
 * MySQL's.
 */
const KNOWN: readonly TablePlace[] = [
  async (context) => {
    const tables = await knownToRuns(context);
    // Alone these are not all tables: a bare name could be another schema's.
    const { tables: paused } = await readPauses(context.ports.bucket, context.verify.sourceId);
    return tables.length > 0 ? [...tables, ...paused] : [];
  },
];

type What = readonly TableRef[] | 'all';

/**
 * Keeps tables from being loaded until they are resumed. Loads that run go on; those that wait,
 * wait on.
 */
export const pause: Command = command({
  name: 'pause',
  summary: 'keep tables, or everything, from being loaded until they are resumed',
  example: 'npm run pause -- table=alunos',
  change: pauseTables,
});

/** Ends a pause. */
export const resume: Command = command({
  name: 'resume',
  summary: 'end a pause',
  example: 'npm run resume -- --all',
  change: resumeTables,
});

function command(about: {
  name: string;
  summary: string;
  example: string;
  change(what: What, where: { bucket: Bucket; sourceId: string; now(): Date }): Promise<PausesObject>;
}): Command {
  const usage = `npm run ${about.name} -- table=NAME [table=NAME …] | --all | --list [--json]`;
  return {
    usage,
    summary: about.summary,
    examples: [about.example, `npm run ${about.name} -- --list`],
    run: async (args, context) => {
      const boolean = { type: 'boolean' } as const;
      const parsed = parseArguments(args, { all: boolean, list: boolean, json: boolean }, usage);
      takesOnly(parsed, usage, ['table']);
      const { flags } = parsed;
      const asked = [parsed.tables.length > 0, flags['all'], flags['list']].filter(Boolean).length;
      if (asked !== 1)
        throw new LoadError('USAGE', 'Name tables, or --all, or --list.', { hint: `Usage: ${usage}` });
      const { bucket } = context.ports;
      const { sourceId } = context.verify;
      const pauses = flags['list']
        ? await readPauses(bucket, sourceId)
        : await about.change(flags['all'] ? 'all' : await resolveTables(parsed.tables, context, KNOWN), {
            bucket,
            sourceId,
            now: context.now,
          });
      context.print(flags['json'] ? jsonText(pauses) : pausesText(pauses));
      return 0;
    },
  };
}

function pausesText({ all, tables }: PausesObject): string {
  const everything = all ? [`Everything is paused since ${all.slice(0, 19)} (UTC).`] : [];
  const lines = tables.map(
    (table) => `${tableLabel(table)} is paused since ${table.since.slice(0, 19)} (UTC).`,
  );
  return [...everything, ...lines].join('\n') || 'Nothing is paused.';
}
