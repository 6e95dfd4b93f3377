import { parseArgs } from 'node:util';
import { onStopSignal, toldToStop } from '../../src/terminal/signals.ts';
import { type PrivateServer, startPrivateServer } from '../support/private-server.ts';
import { anySeed, runSoak, toNumber } from '../support/run-soak.ts';
import { findServer, SERVERS, type ServerName } from '../support/servers.ts';
import { runModelSeed } from '../support/verify/model.ts';

const USUAL: ServerName = 'mysql-8.0';

const HELP = `npm run soak:verify -- [--seeds N] [--seed S] [--server NAME]

Random sequences of writes, schema changes, transactions, restarts and nights on a real server of its own. After every night
each skipped table must hold what its destination holds.

  --seeds N    how many sequences (10)
  --seed S     the first one; the others follow it (random). --seeds 1 --seed S repeats one.
  --server     ${Object.keys(SERVERS).join(', ')} (${USUAL})

Exit code: 0 verify told the truth, 1 it did not (seed and steps are printed), 2 usage, 3 the server did not start, 130 interrupted.
`;

interface Wanted {
  seeds: number;
  seed: number;
  server: ServerName;
}

/** Null for `--help`. Throws a sentence for what cannot be understood. */
function readArguments(): Wanted | null {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '10' },
      seed: { type: 'string', default: String(anySeed()) },
      server: { type: 'string', default: USUAL },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const { server } = values;
  if (!Object.hasOwn(SERVERS, server))
    throw new Error(`--server is one of ${Object.keys(SERVERS).join(', ')}, not ${server}.`);
  return {
    seeds: toNumber('--seeds', values.seeds, 1),
    seed: toNumber('--seed', values.seed, 0),
    server: server as ServerName,
  };
}

async function soak(wanted: Wanted): Promise<number> {
  const { label } = await findServer(wanted.server);
  process.stderr.write(`starting ${label} …\n`);
  const server = await startPrivateServer(wanted.server);
  const stopped = new Promise<number>((resolve) => onStopSignal(() => resolve(1)));
  try {
    return await Promise.race([runSeeds(server, wanted), stopped]);
  } finally {
    await server.stop();
  }
}

async function runSeeds(server: PrivateServer, { seeds, seed, server: name }: Wanted): Promise<number> {
  let failed = 0;
  for (let index = 0; index < seeds; index += 1) {
    const current = (seed + index) % 2 ** 31;
    const startedMs = Date.now();
    try {
      const done = await runModelSeed(current, { server, restart: (how) => server.restart(how) });
      const seconds = Math.round((Date.now() - startedMs) / 1_000);
      process.stdout.write(
        `${index + 1}/${seeds} seed ${current}: ${done.commands} steps, ${done.nights} nights, ${done.loads} loads, ${done.skips} skips, ${seconds} s\n`,
      );
    } catch (error) {
      // A server that is being stopped answers no seed.
      if ((await toldToStop()) !== null) return 1;
      failed += 1;
      process.stdout.write(
        `${index + 1}/${seeds} seed ${current}: FAILED\n${error instanceof Error ? error.message : error}\nAgain: npm run soak:verify -- --seeds 1 --seed ${current} --server ${name}\n`,
      );
    }
  }
  process.stdout.write(`${seeds - failed} of ${seeds} seeds told the truth\n`);
  return failed > 0 ? 1 : 0;
}

runSoak({ help: HELP, read: readArguments, soak });
