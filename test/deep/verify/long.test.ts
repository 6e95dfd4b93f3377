import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Flavour } from '../../../src/pipeline/objects/run.ts';
import { connectTo, type PrivateServer, startPrivateServer } from '../../support/private-server.ts';
import { FIRST_SEED, seedsOf } from '../../support/seed.ts';
import { describeEviction, openCrowds } from '../../support/verify/eviction-cases.ts';
import { runModelSeed } from '../../support/verify/model.ts';

/**
 * Seeds of each server, and servers that work through them side by side: most of a seed's time is
 * waiting for a clock.
 */
const SEEDS = 20;
const SERVERS = 5;

/** While InnoDB makes up its mind, the seeds have the machine. */
const crowds = openCrowds();
beforeAll(() => crowds.gather());
afterAll(() => crowds.disperse());

/**
 * MariaDB 10.11 dies of itself now and then (a segmentation fault of mariadbd, seen in dmesg): that
 * is no lie of verify.
 */
async function onceMore<T>(server: PrivateServer, error: Error, run: () => Promise<T>): Promise<T> {
  const isAlive = await connectTo(server).then(
    (connection) => {
      connection.destroy();
      return true;
    },
    () => false,
  );
  if (isAlive) throw error;
  await server.restart('clean');
  return run();
}

describe('random sequences with restarts', () => {
  const servers: PrivateServer[] = [];
  const flavours: Flavour[] = ['mysql', 'mariadb'];
  beforeAll(async () => {
    const start = async (flavour: Flavour) => {
      for (let index = 0; index < SERVERS; index += 1) servers.push(await startPrivateServer(flavour));
    };
    await Promise.all(flavours.map(start));
  });
  afterAll(() => Promise.all(servers.map((server) => server.stop())));

  it.concurrent.for(flavours)(
    `never skip a table that differs, and come to rest, on %s (${SEEDS} seeds from ${FIRST_SEED})`,
    async (flavour) => {
      const seeds = seedsOf(SEEDS).values();
      const failures: string[] = [];
      const worker = async (server: PrivateServer) => {
        for (const seed of seeds) {
          const run = () => runModelSeed(seed, { server, restart: (how) => server.restart(how) });
          await run()
            .catch((error: Error) => onceMore(server, error, run))
            .catch((error: Error) =>
              failures.push(
                `npm run soak:verify -- --seeds 1 --seed ${seed} --server ${flavour === 'mysql' ? 'mysql-8.0' : 'mariadb-10.11'}\n${error.message}`,
              ),
            );
        }
      };
      await Promise.all(servers.filter((server) => server.flavour === flavour).map(worker));
      expect(failures.join('\n\n')).toBe('');
    },
  );
});

describeEviction(crowds);
