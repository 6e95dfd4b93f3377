import { randomBytes } from 'node:crypto';
import { distance } from 'fastest-levenshtein';
import type { Redis } from 'ioredis';
import type { Command, CommandContext } from './commands/command.ts';
import { deploy } from './commands/deploy.ts';
import { enqueue } from './commands/enqueue.ts';
import { history } from './commands/history.ts';
import { plan } from './commands/plan.ts';
import { query } from './commands/query.ts';
import { run } from './commands/run.ts';
import { clock, createAdapters, verifySettings } from './composition/adapters.ts';
import { exitCodeOf, printError } from './composition/exit.ts';
import { createLog } from './composition/log.ts';
import { quietMetadataLookups } from './composition/warnings.ts';
import { loadConfig } from './config/config.ts';
import { LoadError } from './pipeline/load-error.ts';
import { createProducerConnection } from './queues/connection.ts';
import { closeQueues, createQueues, type Queues } from './queues/queues.ts';

const COMMANDS: Readonly<Record<string, Command>> = { run, enqueue, plan, history, query, deploy };

/** `adutora <command>`: one file a command in `commands/`. */
async function main(): Promise<number> {
  const [name = '', ...args] = process.argv.slice(2);
  if (name === '' || name === '--help' || name === 'help') {
    process.stdout.write(`${helpText()}\n`);
    return name === '' ? 2 : 0;
  }
  const command = COMMANDS[name];
  if (!command) throw unknownCommand(name);
  if (args.includes('--help')) {
    process.stdout.write(`${command.summary}\nUsage: ${command.usage}\n`);
    return 0;
  }
  const { context, close } = createContext();
  try {
    return await command.run(args, context);
  } finally {
    await close();
  }
}

function helpText(): string {
  return Object.values(COMMANDS)
    .map(({ usage, summary }) => `${usage}\n    ${summary}`)
    .join('\n');
}

function unknownCommand(name: string): LoadError {
  const near = Object.keys(COMMANDS).sort((a, b) => distance(a, name) - distance(b, name))[0];
  return new LoadError('USAGE', `There is no command ${name}.`, {
    hint: `Did you mean ${near}? See: node src/cli.ts --help`,
  });
}

function createContext(): { context: CommandContext; close(): Promise<void> } {
  const config = loadConfig();
  const log = createLog(config);
  const adapters = createAdapters(config);
  const note = (line: string) => process.stderr.write(`${line}\n`);
  if (config.origin === 'local stack') note('Settings: local stack (.local/stack.env)');
  let open: { connection: Redis; queues: Queues } | null = null;
  const queues = async () => {
    if (open) return open.queues;
    const connection = await createProducerConnection(config.settings.REDIS_URL);
    const onError = (error: Error) => log.warn({ err: error.message }, 'redis');
    open = { connection, queues: createQueues({ connection, sourceId: config.settings.SOURCE_ID, onError }) };
    return open.queues;
  };
  const close = async () => {
    if (open) await closeQueues(open.queues);
    open?.connection.disconnect();
    await adapters.close();
  };
  const context: CommandContext = {
    config,
    verify: verifySettings(config),
    ports: adapters,
    query: adapters.query,
    deploy: async () => {
      const { mainUri, moduleUris, jarUris } = await adapters.engine.uploadCode();
      return [mainUri, ...moduleUris, ...jarUris];
    },
    queues,
    log,
    now: clock.now,
    randomSuffix: () => randomBytes(2).toString('hex'),
    note,
    print: (text) => process.stdout.write(`${text}\n`),
  };
  return { context, close };
}

quietMetadataLookups();
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    printError(error);
    process.exit(exitCodeOf(error));
  },
);
