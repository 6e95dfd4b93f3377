import mysql, { type Connection, type RowDataPacket, type TypeCastField } from 'mysql2/promise';
import { objectNames } from '../../../src/pipeline/names/index.ts';
import type { Manifest } from '../../../src/pipeline/objects/manifest.ts';
import type { Spec } from '../../../src/pipeline/objects/spec.ts';
import type { Bucket } from '../../../src/pipeline/ports/bucket.ts';
import type { Engine, EngineAttempt } from '../../../src/pipeline/ports/engine.ts';
import type { SourceQueries } from '../../../src/pipeline/ports/source-queries.ts';
import { connectTo, type ServerAddress } from '../private-server.ts';

/** What a test does in the middle of a load. */
export interface ReadHooks {
  /**
   * The spec is frozen, and nothing has been submitted; what it throws is what submitting throws.
   */
  beforeCapture?(spec: Spec): Promise<void>;
  /** The engine has captured the table's state, and not yet read a row. */
  beforeRows?(spec: Spec): Promise<void>;
  /** All rows are read, the second capture is still to come. */
  afterRows?(spec: Spec): Promise<void>;
}

/**
 * An engine that does with mysql2 what `spark/ingest_table.py` does with JDBC: guard, capture,
 * count, one SELECT, capture, manifest. Its stage holds one line of JSON a row.
 */
export function createReaderEngine(input: {
  server: ServerAddress;
  bucket: Bucket;
  sourceQueries: SourceQueries;
  hooks: ReadHooks;
}): Engine {
  const ended = new Set<string>();
  return {
    name: 'dataproc',
    prepare: async () => null,
    probe: async ({ spec }) =>
      ended.has(spec.attemptId) ? { state: 'ended', remoteJobId: spec.attemptId } : { state: 'nothing' },
    cancel: async ({ spec }) => void ended.add(spec.attemptId),
    run: async (attempt) => {
      await input.hooks.beforeCapture?.(attempt.spec);
      try {
        await readAttempt(attempt, input);
      } finally {
        ended.add(attempt.spec.attemptId);
      }
    },
  };
}

async function readAttempt(
  { spec, specSha256 }: EngineAttempt,
  { server, bucket, sourceQueries, hooks }: Parameters<typeof createReaderEngine>[0],
): Promise<void> {
  const capture = () =>
    sourceQueries.capture({ session: spec.queries.session, queries: spec.queries.capture });
  const connection = await connectTo(server, {
    ...server.reader,
    rowsAsArray: true,
    typeCast: (field: TypeCastField) => field.string(),
  });
  try {
    for (const statement of [...spec.queries.session, spec.queries.guard]) await connection.query(statement);
    const before = await capture();
    await hooks.beforeRows?.(spec);
    const beside = await countOf(connection, spec);
    const [rows] = await connection.query<RowDataPacket[]>(spec.queries.select);
    await hooks.afterRows?.(spec);
    const counts = { inside: null, beside };
    const captures = { before, after: await capture() };
    await writeStage({ spec, bucket, lines: rows.map((row) => JSON.stringify(row)) }, (staged) => ({
      ...staged,
      specSha256,
      counts,
      captures,
    }));
  } finally {
    connection.destroy();
  }
}

async function countOf(connection: Connection, spec: Spec): Promise<number> {
  const [rows] = await connection.query<RowDataPacket[]>(spec.queries.count);
  return Number(rows[0]?.[0]);
}

async function writeStage(
  { spec, bucket, lines }: { spec: Spec; bucket: Bucket; lines: readonly string[] },
  complete: (manifest: Omit<Manifest, 'specSha256' | 'counts' | 'captures'>) => Manifest,
): Promise<void> {
  const names = objectNames(spec.sourceId);
  const name = `${names.data(spec.attemptId)}writer/part-0`;
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  await bucket.create({ name, bytes, contentType: 'text/csv' });
  const manifest = complete({
    version: 1,
    attemptId: spec.attemptId,
    rows: lines.length,
    writer: 'writer',
    objects: await bucket.list(name),
    policyCounts: {},
    fingerprint: null,
    wireBytes: null,
    readers: 1,
    startedAt: spec.createdAt,
    endedAt: new Date().toISOString(),
    engine: {},
  });
  await bucket.create({
    name: names.manifest(spec.attemptId),
    bytes: Buffer.from(JSON.stringify(manifest)),
    contentType: 'application/json',
  });
}

/**
 * The rows of a SELECT as the engine stages them, sorted: two tables with equal lines have equal
 * content.
 */
export async function readLines(
  server: ServerAddress,
  session: readonly string[],
  select: string,
): Promise<string[]> {
  const connection = await mysql.createConnection({
    host: '127.0.0.1',
    port: server.port,
    ...server.reader,
    rowsAsArray: true,
    typeCast: (field: TypeCastField) => field.string(),
  });
  try {
    for (const statement of session) await connection.query(statement);
    const [rows] = await connection.query<RowDataPacket[]>(select);
    return rows.map((row) => JSON.stringify(row)).sort();
  } finally {
    connection.destroy();
  }
}
