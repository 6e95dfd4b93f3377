import { distance } from 'fastest-levenshtein';
import { accept } from '../commands/accept.ts';
import { acknowledge } from '../commands/acknowledge.ts';
import { isHelp } from '../commands/arguments.ts';
import { cancel } from '../commands/cancel.ts';
import type { Command } from '../commands/command.ts';
import { deploy } from '../commands/deploy.ts';
import { doctor } from '../commands/doctor.ts';
import { enqueue } from '../commands/enqueue.ts';
import { history } from '../commands/history.ts';
import { pause, resume } from '../commands/pause.ts';
import { plan } from '../commands/plan.ts';
import { query } from '../commands/query.ts';
import { restore } from '../commands/restore.ts';
import { retry } from '../commands/retry.ts';
import { run } from '../commands/run.ts';
import { runs } from '../commands/runs.ts';
import { schema } from '../commands/schema.ts';
import { tables } from '../commands/tables.ts';
import { why } from '../commands/why.ts';
import { LoadError } from '../pipeline/errors/index.ts';
import { VERSION } from '../pipeline/names/index.ts';
import { errorJson, exitCodeOf, printError } from '../terminal/exit.ts';
import { createCommandContext, type Surroundings } from './command-context.ts';

const COMMANDS: Readonly<Record<string, Command>> = {
  run,
  enqueue,
  retry,
  cancel,
  accept,
  restore,
  pause,
  resume,
  acknowledge,
  plan,
  why,
  schema,
  runs,
  tables,
  history,
  query,
  deploy,
  doctor,
};

/**
 * `adutora <command>`: one file a command in `commands/`. Returns the exit code; throws what
 * `tellError` tells. Everything that a command writes goes to the streams of `surroundings`.
 */
export async function runCommandLine(
  [name = '', ...args]: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  const { stdout } = surroundings;
  if (name === '--version') {
    stdout.write(`${VERSION}\n`);
    return 0;
  }
  if (name === '' || name === 'help' || isHelp(name)) {
    stdout.write(`${helpText()}\n`);
    return name === '' ? 2 : 0;
  }
  const command = COMMANDS[name];
  if (!command) throw unknownCommand(name);
  if (args.some(isHelp)) {
    stdout.write(`${commandHelp(command)}\n`);
    return 0;
  }
  const { context, close } = createCommandContext(surroundings);
  try {
    return await command.run(args, context);
  } finally {
    await close();
  }
}

/** Says what went wrong, as JSON too where that was asked for. Returns the exit code. */
export function tellError(
  error: unknown,
  args: readonly string[],
  { stdout, stderr }: Pick<Surroundings, 'stdout' | 'stderr'>,
): number {
  if (args.includes('--json')) stdout.write(`${errorJson(error)}\n`);
  printError(error, stderr);
  return exitCodeOf(error);
}
function helpText(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(13)}${summary}`);
  return [
    'Usage: npm run COMMAND -- …   (or: adutora COMMAND …)',
    '',
    ...lines,
    `  ${'start'.padEnd(13)}scheduler, worker and board (npm start)`,
    '',
    'Each command tells more with --help, and answers as JSON with --json (npm run -s … keeps npm quiet).',
    'With --json an error is {"error":{"code","message","hint"}} on standard output, beside its text on standard error.',
    'Exit codes: 0 ok, 1 a table or check failed, 2 usage or configuration, 3 a dependency, 4 waiting ended, 130 Ctrl-C.',
  ].join('\n');
}

function commandHelp({ summary, usage, examples }: Command): string {
  const lines = examples.map((example) => `  ${example}`);
  return [
    `${summary[0]?.toUpperCase()}${summary.slice(1)}.`,
    '',
    `Usage: ${usage}`,
    '',
    'Examples:',
    ...lines,
  ].join('\n');
}

function unknownCommand(name: string): LoadError {
  const near = Object.keys(COMMANDS).sort((a, b) => distance(a, name) - distance(b, name))[0];
  return new LoadError('USAGE', `There is no command ${name}.`, {
    hint: `Did you mean ${near}? See: node bin/adutora.mjs --help`,
  });
}
