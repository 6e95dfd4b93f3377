import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';
import { PATIENCE_MS } from './test/support/wait.ts';

/** Suites that need servers: a private stack for each worker (test/support/private-stack.ts). */
const withStack = {
  globalSetup: ['test/support/private-stack.ts'],
  // Cases that mostly wait for a server's clock live side by side.
  maxConcurrency: 16,
};

const DECIDING = [
  'src/pipeline/verify/decision.ts',
  'src/pipeline/verify/staleness.ts',
  'src/pipeline/verify/waves.ts',
  'src/pipeline/source/{dictionary,rows-of,server,update-time}.ts',
];

export default defineConfig({
  test: {
    // What decides is covered whole, or `npm run check` fails: an untried branch is a table that is
    // skipped by luck.
    coverage: {
      provider: 'v8',
      include: DECIDING,
      reporter: ['text'],
      reportsDirectory: '.local/coverage',
      thresholds: { 100: true },
    },
    env: { METADATA_SERVER_DETECTION: 'none' },
    sequence: { sequencer: LongestFirst },
    testTimeout: PATIENCE_MS,
    hookTimeout: PATIENCE_MS,
    // Stopping MySQL takes a busy machine longer than the ten seconds after which vitest would
    // leave it there.
    teardownTimeout: PATIENCE_MS,
    projects: [
      {
        extends: true,
        // vitest leaves one core alone unless told otherwise: half of two.
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'], maxWorkers: '100%' },
      },
      {
        extends: true,
        test: {
          ...withStack,
          name: 'stack',
          include: ['test/{contract,integration,e2e,chaos}/**/*.test.ts'],
          // Three on two cores: each waits for its servers' clocks half of the time.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        // A build fetches two gigabytes.
        test: {
          name: 'docker',
          include: ['test/docker/**/*.test.ts'],
          testTimeout: 3_600_000,
          hookTimeout: 3_600_000,
        },
      },
      {
        extends: true,
        test: {
          ...withStack,
          name: 'deep',
          include: ['test/deep/**/*.test.ts'],
          fileParallelism: false,
        },
      },
    ],
  },
});
