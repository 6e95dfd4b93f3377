import { LoadError } from '../../../src/pipeline/errors/load-error.ts';
import type { DestinationRef } from '../../../src/pipeline/objects/load.ts';
import type {
  Destination,
  DestinationColumn,
  DestinationFacts,
  OtherWriters,
  PublishJob,
  PublishRequest,
} from '../../../src/pipeline/ports/destination.ts';

export interface MemoryDestination extends Destination {
  tables: Map<string, DestinationFacts>;
  jobs: Map<string, PublishJob>;
  protectedTables: Set<string>;
  published: PublishRequest[];
  /** Ids of copies. */
  copied: string[];
  /** What tables were, by the clock's time; a copy may go back to it. */
  past: { table: string; since: number; facts: DestinationFacts }[];
  /** How the next publishes end; a normal end when empty. */
  failures: { reason: string; message: string; isTransient: boolean }[];
  /** What the list of jobs shows. */
  others: OtherWriters;
  /** Rows the next publish says it loaded, instead of those staged. */
  wrongRows: number | null;
  /** Rows that are gone as soon as they are loaded, as those of expired partitions. */
  rowsDropped: number;
}

/**
 * `Destination` in memory. `rowsOf` tells how many rows the objects hold, `now` when a publish
 * ends.
 */
export function createMemoryDestination(
  rowsOf: (request: PublishRequest) => number,
  now: () => Date = () => new Date('2026-01-02T03:05:00.000Z'),
): MemoryDestination {
  const key = ({ dataset, table }: DestinationRef) => `${dataset}.${table}`;
  const put = (table: string, is: DestinationFacts) => {
    destination.tables.set(table, is);
    destination.past.push({ table, since: Date.now(), facts: is });
  };
  /** A replaced schema loses the key; the table's own options stay. */
  const afterLoad = (request: PublishRequest, job: PublishJob): DestinationFacts => {
    const fresh = facts(request.columns, (job.outputRows ?? 0) - destination.rowsDropped, job.endedAt ?? '');
    const found = destination.tables.get(key(request.destination));
    if (!found) return { ...fresh, partitioning: request.partitioning, clustering: [...request.clustering] };
    const { description, labels, partitioning, clustering, expiresAt, doPartitionsExpire } = found;
    const primaryKey = request.disposition === 'keep-schema' ? found.primaryKey : [];
    return {
      ...fresh,
      description,
      labels,
      partitioning,
      clustering,
      expiresAt,
      doPartitionsExpire,
      primaryKey,
    };
  };
  const destination: MemoryDestination = {
    tables: new Map(),
    jobs: new Map(),
    protectedTables: new Set(),
    published: [],
    copied: [],
    past: [],
    failures: [],
    others: 'none',
    wrongRows: null,
    rowsDropped: 0,
    ensureDataset: async () => undefined,
    describe: async (ref) => destination.tables.get(key(ref)) ?? null,
    describeDataset: async (dataset) =>
      new Map(
        [...destination.tables]
          .filter(([name]) => name.startsWith(`${dataset}.`))
          .map(([name, facts]) => [name.slice(dataset.length + 1), facts]),
      ),
    hasRowAccessPolicies: async (ref) => destination.protectedTables.has(key(ref)),
    publish: async (request) => {
      const taken = destination.jobs.get(request.id);
      if (taken) return taken;
      destination.published.push(request);
      const rows = destination.wrongRows ?? rowsOf(request);
      const job = endedJob(request, destination.failures.shift() ?? null, {
        outputRows: rows,
        endedAt: now().toISOString(),
      });
      destination.jobs.set(request.id, job);
      if (!job.error) put(key(request.destination), afterLoad(request, job));
      return job;
    },
    getPublish: async (id) => destination.jobs.get(id) ?? null,
    alter: async ({ destination: ref, etag, changes }) => {
      const found = destination.tables.get(key(ref));
      if (found?.etag !== etag) return null;
      const { labels, columns = found.columns, ...more } = changes;
      const merged = Object.entries({ ...found.labels, ...labels }).filter(([, value]) => value !== null);
      const fresh = facts(columns, found.rows, now().toISOString());
      const { description, primaryKey, clustering, expiresAt, partitioning } = found;
      put(key(ref), {
        ...fresh,
        ...{ description, primaryKey, clustering, expiresAt, partitioning },
        ...(more as Partial<DestinationFacts>),
        labels: Object.fromEntries(merged) as Record<string, string>,
      });
      return { lastModified: fresh.lastModified };
    },
    otherWriters: async () => destination.others,
    remove: async (ref) => void destination.tables.delete(key(ref)),
    copy: async ({ id, source, at, destination: to }) => {
      if (destination.jobs.get(id)?.kind === 'burnt') throw new LoadError('OVERTAKEN', `${id} is used up.`);
      const was = at
        ? destination.past.findLast(({ table, since }) => table === key(source) && since <= at.getTime())
            ?.facts
        : destination.tables.get(key(source));
      if (!was) return false;
      if (!destination.copied.includes(id))
        put(key(to), at ? was : { ...was, lastModified: now().toISOString() });
      destination.copied.push(id);
      destination.jobs.set(id, otherJob(id, 'other', now().toISOString()));
      return true;
    },
    getCopy: async (id) =>
      destination.copied.includes(id) ? otherJob(id, 'other', now().toISOString()) : null,
    burn: async (id) => {
      const job = destination.jobs.get(id) ?? otherJob(id, 'burnt', now().toISOString());
      destination.jobs.set(id, job);
      return job;
    },
    drop: async ({ id, destination: ref }) => {
      const taken = destination.jobs.get(id);
      if (taken) return taken;
      destination.tables.delete(key(ref));
      const job = otherJob(id, 'other', now().toISOString());
      destination.jobs.set(id, job);
      return job;
    },
  };
  return destination;
}

export function facts(
  columns: readonly DestinationColumn[],
  rows: number,
  lastModified: string,
): DestinationFacts {
  etags += 1;
  const nothing = {
    description: '',
    labels: {},
    primaryKey: [],
    partitioning: null,
    doPartitionsExpire: false,
    hasStreamingBuffer: false,
    clustering: [],
    expiresAt: null,
  };
  return { columns: [...columns], rows, lastModified, location: 'US', etag: String(etags), ...nothing };
}

let etags = 0;

function otherJob(id: string, kind: PublishJob['kind'], at: string): PublishJob {
  const nothing = { error: null, labels: {}, destination: null, outputRows: null };
  return { id, state: 'done', kind, ...nothing, startedAt: at, endedAt: at };
}

function endedJob(
  request: PublishRequest,
  error: PublishJob['error'],
  { outputRows, endedAt }: { outputRows: number; endedAt: string },
): PublishJob {
  const { id, labels, destination } = request;
  return {
    id,
    state: 'done',
    error,
    labels,
    kind: 'load',
    destination,
    outputRows: error ? null : outputRows,
    startedAt: endedAt,
    endedAt,
  };
}
