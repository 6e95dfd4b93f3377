import { parseArgs } from 'node:util';
import { isHelp } from './commands/arguments.ts';
import { armCrashPoint } from './composition/arm-crash-point.ts';
import { ROLES, type Role, type Running, startRoles } from './composition/roles.ts';
import { loadConfig } from './config/config.ts';
import { LoadError } from './pipeline/errors/index.ts';
import { exitCodeOf, printError } from './terminal/exit.ts';
import { guardOutput } from './terminal/guard-output.ts';
import { createLog } from './terminal/log.ts';
import { EXIT_CODES, onStopSignal } from './terminal/signals.ts';
import { quietMetadataLookups } from './terminal/warnings.ts';

const USAGE = `Usage: npm start [-- --roles ${ROLES.join(',')}]`;
const HELP = `Scheduler, worker and board, until Ctrl-C or SIGTERM.

${USAGE}

  --roles   what this process does; all unless given
`;
/**
 * What hangs on stopping is left to others, who find this process gone; a process manager waits no
 * longer than five seconds.
 */
const FORCED_EXIT_MS = 4_000;

/**
 * `npm start`: the roles of this process until SIGTERM, SIGINT or SIGHUP; a second signal ends it
 * at once.
 */
async function main(): Promise<void> {
  if (process.argv.slice(2).some(isHelp)) {
    process.stdout.write(HELP);
    return;
  }
  const roles = parseRoles();
  const config = loadConfig();
  const log = createLog(config);
  armCrashPoint(config.crashAt);
  if (config.crashAt) log.warn(config.crashAt, 'this process is going to die on purpose (CRASH_AT)');
  if (config.origin === 'local stack') process.stderr.write('Settings: local stack (.local/stack.env)\n');
  let running: Running | null = null;
  // Heard before anything is up: for the first process of a container, a signal that it does not
  // heed does nothing.
  onStopSignal((signal) => {
    const leave = () => process.exit(signal === 'SIGTERM' ? 0 : EXIT_CODES[signal]);
    if (running === null) return leave();
    log.info({ signal }, 'stopping: active jobs are handed back');
    setTimeout(leave, FORCED_EXIT_MS).unref();
    void running
      .stop()
      .then(() => log.info('stopped'))
      .finally(leave);
  });
  running = await startRoles(config, roles, { log });
  log.info({ roles, board: running.boardUrl }, 'started');
  if (running.boardUrl) process.stdout.write(`Board: ${running.boardUrl}\n`);
}

function parseRoles(): Role[] {
  try {
    const { values } = parseArgs({ options: { roles: { type: 'string', default: ROLES.join(',') } } });
    const roles = values.roles.split(',');
    const unknown = roles.find((role) => !ROLES.includes(role as Role));
    if (unknown === undefined) return roles as Role[];
    throw new Error(`unknown role ${unknown}`);
  } catch (error) {
    throw new LoadError('USAGE', (error as Error).message, { hint: USAGE });
  }
}

guardOutput();
quietMetadataLookups();
main().catch((error: unknown) => {
  printError(error);
  process.exit(exitCodeOf(error));
});
