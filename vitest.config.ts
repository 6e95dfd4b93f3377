import { defineConfig } from 'vitest/config';

/** Suites that need servers: one private stack for each run (test/support/private-stack.ts), one file at a time on two cores. */
const withStack = {
  globalSetup: ['test/support/private-stack.ts'],
  testTimeout: 60_000,
  hookTimeout: 120_000,
  fileParallelism: false,
  // Cases that mostly wait for a server's clock live side by side.
  maxConcurrency: 16,
};

export default defineConfig({
  test: {
    env: { METADATA_SERVER_DETECTION: 'none' },
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 20_000 } },
      {
        extends: true,
        test: {
          ...withStack,
          name: 'stack',
          include: ['test/{contract,integration,e2e}/**/*.test.ts'],
        },
      },
      { extends: true, test: { ...withStack, name: 'deep', include: ['test/deep/**/*.test.ts'] } },
    ],
  },
});
