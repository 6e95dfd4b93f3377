/**
 * One verify in a process of its own, so that its memory is that of a worker:
 * `node decide-once.ts first|quiet`, settings in the environment. `first`: no history, every table
 * loads. `quiet`: history and destinations as after the loads of that run. Prints JSON.
 */

import { createAdapters, verifySettings } from '../../src/composition/adapters.ts';
import { loadConfig } from '../../src/config/config.ts';
import { newestWholeTables } from '../../src/pipeline/load/index.ts';
import type { DecidedTable } from '../../src/pipeline/objects/index.ts';
import type { Bucket, CaptureRequest, SourceQueries } from '../../src/pipeline/ports/index.ts';
import { decideRun } from '../../src/pipeline/run/index.ts';
import { createMemoryDestination, facts } from '../../test/support/fakes/memory-destination.ts';
import { createMemoryHistory } from '../../test/support/fakes/memory-history.ts';
import { cpuSeconds, peakMemory } from '../processes.ts';

export interface DecideTimes {
  tables: number;
  loads: number;
  /**
   * Seconds from the call to the decisions, of which waiting for MySQL, and then writing LOAD.json
   * and tables.json.
   */
  decided: number;
  source: number;
  written: number;
  cpu: number;
  /** SELECTs and SHOWs sent to the server. */
  queries: number;
  peakBytes: number;
}

const isQuiet = process.argv[2] === 'quiet';
const config = loadConfig(process.env, '/');
const adapters = createAdapters(config);
const { SOURCE_ID: sourceId } = config.settings;
const before = isQuiet ? ((await newestWholeTables(adapters.bucket, sourceId))?.tables ?? []) : [];
const history = { ...createMemoryHistory(), lastPublished: async () => before.map(published) };
const destination = createMemoryDestination(() => 1);
for (const { destination: ref } of before)
  destination.tables.set(`${ref.dataset}.${ref.table}`, facts([], 1, '2026-01-01T00:00:00.000Z'));

const asked = { queries: 0, seconds: 0 };
const writing = { since: 0 };
const started = performance.now();
const cpuBefore = cpuSeconds(process.pid);
const tables = await decideRun(
  {
    runId: process.argv[3] ?? '',
    trigger: 'scheduled',
    tables: null,
    isForced: false,
    startedAt: new Date().toISOString(),
  },
  verifySettings(config),
  {
    ports: {
      sourceQueries: counting(adapters.sourceQueries),
      bucket: timing(adapters.bucket),
      history,
      destination,
    },
    now: () => new Date(),
    loadingElsewhere: async () => new Set(),
    isCancelled: async () => false,
    report: async () => undefined,
  },
);
const ended = performance.now();
const times: DecideTimes = {
  tables: tables.tables.length,
  loads: tables.tables.filter(({ loadId }) => loadId !== null).length,
  decided: (writing.since - started) / 1_000,
  source: asked.seconds,
  written: (ended - writing.since) / 1_000,
  cpu: cpuSeconds(process.pid) - cpuBefore,
  queries: asked.queries,
  peakBytes: peakMemory(process.pid),
};
process.stdout.write(JSON.stringify(times));
await adapters.close();

function published({ schema, table, signature }: DecidedTable) {
  return {
    ...{ schema, table, runId: 'r', publishedAt: new Date().toISOString(), rowsLoaded: 1, signature },
    destinationModified: '2026-01-01T00:00:00.000Z',
  };
}

function counting(sourceQueries: SourceQueries): SourceQueries {
  return {
    capture: async (request: CaptureRequest) => {
      const start = performance.now();
      asked.queries += request.queries.length;
      const capture = await sourceQueries.capture(request);
      asked.seconds += (performance.now() - start) / 1_000;
      return capture;
    },
    close: () => sourceQueries.close(),
  };
}

/** The first object that is written marks the end of deciding. */
function timing(bucket: Bucket): Bucket {
  return {
    ...bucket,
    create: (object) => {
      writing.since ||= performance.now();
      return bucket.create(object);
    },
  };
}
