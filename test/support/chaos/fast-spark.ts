import { randomBytes } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import mysql, { type Connection, type RowDataPacket, type TypeCastField } from 'mysql2/promise';
import { createSourceQueries } from '../../../src/adapters/mysql/source-queries.ts';
import { sha256Hex } from '../../../src/pipeline/names/index.ts';
import type { Manifest } from '../../../src/pipeline/objects/manifest.ts';
import { type Spec, specSchema } from '../../../src/pipeline/objects/spec.ts';
import type { Bucket } from '../../../src/pipeline/ports/bucket.ts';
import { readObject } from '../../../src/pipeline/ports/json-objects.ts';
import { PATIENCE_MS } from '../wait.ts';
import { type StateRow, stateOfRows } from './states.ts';

/** What one reading of a table saw. */
export interface Read {
  attemptId: string;
  table: string;
  /** Null where the rows are of no one state, or reading failed. */
  state: number | null;
  wrong: string | null;
  rows: number;
  /** Whether its manifest is the attempt's. */
  isManifest: boolean;
}

/**
 * Stands for Spark behind a real Dataproc stand-in: its jobs do what `ingest_table.py` does, with
 * mysql2, in milliseconds.
 */
export interface FastSpark {
  /** What stands for `spark-submit`. */
  command: string;
  reads: Read[];
  close(): Promise<void>;
}

const SCRIPT = (port: number) => `#!/usr/bin/env bash
# Stands for spark-submit: hands the job's own arguments to the reader, and ends as it says.
while [ $# -gt 0 ]; do
  case "$1" in
    *.py) shift; break ;;
    --py-files) shift 2 ;;
    *) shift ;;
  esac
done
exec 3<>/dev/tcp/127.0.0.1/${port}
echo "$*" >&3
read -r code text <&3
echo "$text"
exit "\${code:-1}"
`;

export interface FastSparkInput {
  bucket: Bucket;
  folder: string;
  password: string;
  /** What a job waits for between the first capture and the rows; a writer may come between. */
  wait(): Promise<unknown>;
}

export async function startFastSpark(input: FastSparkInput): Promise<FastSpark> {
  const reads: Read[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (bytes) => {
      const [, uri = '', , sha256 = ''] = bytes.toString().trim().split(' ');
      void work({ uri, sha256, socket, reads }, input)
        .catch((error: Error) => `1 ${error.message.replaceAll('\n', ' ')}`)
        .then((answer) => socket.end(`${answer}\n`));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const command = join(input.folder, 'spark-submit.sh');
  writeFileSync(command, SCRIPT(port));
  chmodSync(command, 0o755);
  return { command, reads, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

interface Work {
  uri: string;
  sha256: string;
  socket: Socket;
  reads: Read[];
}

/** Exit code and what the driver prints. */
async function work({ uri, sha256, socket, reads }: Work, input: FastSparkInput): Promise<string> {
  const { bucket } = input;
  const prefix = uri.replace(/^gs:\/\/[^/]+\//, '').replace(/spec\.json$/, '');
  if (await bucket.exists(`${prefix}manifest.json`)) return '0 the manifest is there already; nothing to do';
  const found = await readObject(bucket, `${prefix}spec.json`, specSchema);
  if (!found || sha256Hex(found.bytes) !== sha256) return '1 another spec';
  const spec = found.value;
  const { attemptId } = spec;
  const read: Read = {
    attemptId,
    table: spec.table.table,
    state: null,
    wrong: null,
    rows: 0,
    isManifest: false,
  };
  reads.push(read);
  try {
    const manifest = await readTable({ spec, sha256, read }, input);
    // A job that was cancelled has no driver any more.
    if (socket.destroyed) return '1 cancelled';
    read.isManifest = await create(bucket, `${prefix}manifest.json`, manifest);
    return `0 staged ${read.rows} rows`;
  } catch (error) {
    const {
      errno = null,
      sqlState = null,
      message,
    } = error as { errno?: number; sqlState?: string; message: string };
    const told = { class: 'java.sql.SQLException', code: null, errno, sqlState, message, locks: null };
    const failure = { version: 1, attemptId, specSha256: sha256, ...told, endedAt: new Date().toISOString() };
    await create(bucket, `${prefix}error.json`, failure);
    return `1 failed: ${message}`;
  }
}

function create(bucket: Bucket, name: string, value: unknown): Promise<boolean> {
  return bucket.create({ name, bytes: Buffer.from(JSON.stringify(value)), contentType: 'application/json' });
}

async function readTable(
  { spec, sha256, read }: { spec: Spec; sha256: string; read: Read },
  { bucket, password, wait }: FastSparkInput,
): Promise<Manifest> {
  const startedAt = new Date().toISOString();
  const { host, port, user } = spec.address;
  const typeCast = (field: TypeCastField) => field.string();
  const connection = await mysql.createConnection({
    host,
    port,
    user,
    password,
    rowsAsArray: true,
    typeCast,
    // A busy machine is no fault of the source's.
    connectTimeout: PATIENCE_MS,
  });
  const sourceQueries = createSourceQueries({
    address: spec.address,
    password: async () => password,
    connectTimeoutMs: PATIENCE_MS,
  });
  const capture = () =>
    sourceQueries.capture({ session: spec.queries.session, queries: spec.queries.capture });
  try {
    for (const statement of spec.queries.session) await connection.query(statement);
    await connection.query(await guardOf(spec, connection));
    const before = await capture();
    await wait();
    const [[counted]] = await connection.query<RowDataPacket[][]>(spec.queries.count);
    const [rows] = await connection.query<RowDataPacket[]>(spec.queries.select);
    const cells = rows.map((row) =>
      spec.columns.map((_, index) => (row as (string | null)[])[index] ?? null),
    );
    Object.assign(read, stateOfRows(read.table, stateRows(spec, cells)), { rows: cells.length });
    const objects = await stageLines(spec, cells, bucket);
    return {
      version: 1,
      attemptId: spec.attemptId,
      specSha256: sha256,
      rows: cells.length,
      policyCounts: {},
      fingerprint: null,
      readers: 1,
      // A count beside the rows is of the same state only where nobody wrote between: that is what
      // reconcile holds it for.
      counts: { inside: null, beside: Number((counted as unknown as string[] | undefined)?.[0]) },
      wireBytes: null,
      captures: { before, after: await capture() },
      startedAt,
      endedAt: new Date().toISOString(),
      engine: { spark: 'none' },
      ...objects,
    };
  } finally {
    connection.destroy();
  }
}

async function guardOf(spec: Spec, connection: Connection): Promise<string> {
  const { identity, guard } = spec.queries;
  if (identity === null) return guard;
  const [[row]] = await connection.query<RowDataPacket[][]>(identity);
  const own = String((row as unknown as string[] | undefined)?.[0] ?? '');
  return guard.replace('{identity}', `_utf8mb4 X'${Buffer.from(own).toString('hex')}'`);
}

function stateRows(spec: Spec, cells: readonly (string | null)[][]): StateRow[] {
  const at = (name: string) => spec.columns.findIndex((column) => column.name === name);
  const [id, state, body] = [at('id'), at('state'), at('body')];
  return cells.map((row) => ({ id: Number(row[id]), state: Number(row[state]), body: row[body] ?? '' }));
}

/**
 * The stage's lines as `adutora_line.py` composes them; the tables have no value that a rule tags.
 */
async function stageLines(
  spec: Spec,
  cells: readonly (string | null)[][],
  bucket: Bucket,
): Promise<Pick<Manifest, 'writer' | 'objects'>> {
  const cell = (value: string | null, index: number) => {
    if (value === null) return spec.nullToken;
    return spec.columns[index]?.form === 'quoted' ? `"${value.replaceAll('"', '""')}"` : value;
  };
  const writer = randomBytes(6).toString('hex');
  const name = `${spec.stage.prefix}data/${writer}/part-00000`;
  const bytes = Buffer.from(cells.map((row) => `${row.map(cell).join(',')}\n`).join(''));
  await bucket.create({ name, bytes, contentType: 'text/csv' });
  return { writer, objects: await bucket.list(name) };
}
