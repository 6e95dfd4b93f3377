/**
 * A process that does nothing but read by the direct engine: all attempts of its input at once.
 * Tells the most memory that it has had, in bytes.
 */

import { text } from 'node:stream/consumers';
import { createBucket } from '../../src/adapters/gcs/bucket.ts';
import { openDirectEngine } from '../../src/composition/direct-engine.ts';

const { attempts, settings } = JSON.parse(await text(process.stdin));
const engine = openDirectEngine({
  ...settings,
  bucket: createBucket(settings.gcs),
  maxReadMs: 3_600_000,
  threads: attempts.length,
  now: () => new Date(),
});
const watch = { signal: new AbortController().signal, report: async () => undefined };
await Promise.all(attempts.map((attempt: (typeof attempts)[number]) => engine.run(attempt, watch)));
await engine.close();
process.stdout.write(String(process.resourceUsage().maxRSS * 1024));
