import { describe, expect, it } from 'vitest';
import { seedsOf } from '../../support/seed.ts';
import { runModelSeed } from '../../support/verify/model.ts';
import { stackServer } from '../../support/verify/stack-server.ts';

/** `npm run soak:verify` tries others, alone on a server. */
const SEEDS = 5;

describe('random sequences of writes, changes, transactions and nights on MySQL', () => {
  it.concurrent.for(seedsOf(SEEDS))(
    'never skip a table that differs, and come to rest (seed %i)',
    async (seed) => {
      const counts = await runModelSeed(seed, { server: stackServer() });
      expect(counts.commands).toBeGreaterThan(0);
    },
  );
});
