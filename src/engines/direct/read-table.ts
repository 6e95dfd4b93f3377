import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { LoadError, toLoadError } from '../../pipeline/errors/index.ts';
import type { Capture, Manifest, Spec } from '../../pipeline/objects/index.ts';
import type { Bucket, RowSession, RowSource } from '../../pipeline/ports/index.ts';
import { leftBehind, leftBehindOfLoad, lockHolders, marked } from '../../pipeline/source/index.ts';
import { GUARD_ERRNO } from '../attempt-failure.ts';
import { createLineWriter, type LineWriter } from './line-writer.ts';
import { locksOf } from './locks-of.ts';
import type { Reading } from './reading.ts';
import { createStageWriter, type StageWriter } from './stage-writer.ts';

const MAX_PARTITIONS = 4_000;
const LOCK_WAIT_TIMEOUT = 1205;
/** Who ends its own statements has failed already, and may be asked to be quick. */
const ENDING_MS = 3_000;

/** What the manifest says of a table that was read. */
export type ReadTable = Omit<
  Manifest,
  'version' | 'attemptId' | 'specSha256' | 'startedAt' | 'endedAt' | 'engine'
>;

export interface ReadTableInput {
  spec: Spec;
  /** The key of `mask: hmac`; null where no column is masked so. */
  maskKey: string | null;
  rowSource: RowSource;
  bucket: Pick<Bucket, 'upload' | 'list' | 'remove'>;
  /** From the first statement of the transaction to its last row. */
  maxReadMs: number;
  signal: AbortSignal;
  /** Is told how far it has come. */
  reading: Reading;
}

/**
 * Reads a table as its spec says, through one connection, into the objects of a stage: what
 * `spark/ingest_table.py` does, but that an InnoDB table is counted and read in one transaction.
 * Throws the source's errors and the stage's, and what was found in the rows; nothing of it is left
 * then, neither objects nor statements, as far as that can be done. A mask key that is none is
 * refused (`SECRET_MISSING`) before MySQL is asked for anything.
 */
export async function readTable(input: ReadTableInput): Promise<ReadTable> {
  const { spec, maskKey, rowSource, bucket, signal } = input;
  const limit = new AbortController();
  const any = AbortSignal.any([signal, limit.signal]);
  const writer = randomBytes(6).toString('hex');
  const folder = `${spec.stage.prefix}data/${writer}/`;
  const stage = createStageWriter({ bucket, folder, compression: spec.compression, signal: any });
  const lines = createLineWriter({ spec, maskKey, flush: (chunk) => stage.write(chunk) });
  let session: RowSession | null = null;
  try {
    session = await rowSource.open({ session: spec.queries.session, signal: any });
    return { ...(await readThrough(session, { ...input, stage, lines, limit })), writer };
  } catch (thrown) {
    const error = await explained(thrown, spec, session);
    session?.close();
    await Promise.all([stage.abandon(), endOwn(rowSource, spec)]);
    throw error;
  } finally {
    session?.close();
  }
}

type Work = ReadTableInput & { stage: StageWriter; lines: LineWriter; limit: AbortController };

async function readThrough(session: RowSession, work: Work): Promise<Omit<ReadTable, 'writer'>> {
  const { spec, reading, stage } = work;
  await endAll(session, leftBehindOfLoad.sql(spec));
  const guard = await guardOf(session, spec);
  await checkServer(session, guard);
  // Who cannot even be asked for the whole row could not be read either: better told now than after
  // another wait.
  const before = refuseLock(await captureOf(session, spec));
  reading.step('counting');
  await checkPartitions(session, spec);
  const counted = await transaction(session, work);
  reading.step('asking');
  await checkServer(session, guard);
  const [after, objects] = await Promise.all([captureOf(session, spec), stage.end()]);
  const { count, ...rows } = counted;
  return {
    ...rows,
    objects,
    readers: 1,
    counts: spec.isTransactional ? { inside: count, beside: null } : { inside: null, beside: count },
    wireBytes: session.bytesRead,
    captures: { before, after },
  };
}

/** Counts and reads; InnoDB in one snapshot, which ends with its last row. */
async function transaction(session: RowSession, { spec, maxReadMs, reading, stage, lines, limit }: Work) {
  const timer = setTimeout(() => limit.abort(readDeadline(maxReadMs)), maxReadMs);
  try {
    if (spec.isTransactional) await session.ask('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
    const count = await numberOf(session, marked(spec, spec.queries.count));
    reading.begin({
      count,
      progress: () => ({ rows: lines.rows, wire: session.bytesRead, staged: stage.bytes }),
    });
    await session.stream(marked(spec, spec.queries.select), {
      row: (buffer, start, end) => lines.row(buffer, start, end),
      whenReady: () => stage.whenReady(),
    });
    if (spec.isTransactional) await session.ask('COMMIT');
    lines.end();
    return { count, ...lines.outcome() };
  } finally {
    clearTimeout(timer);
  }
}

function readDeadline(maxReadMs: number): LoadError {
  return new LoadError('READ_DEADLINE', `The rows were not read after ${Math.round(maxReadMs / 1_000)} s.`);
}

/**
 * The guard, which holds every other connection to the server of this one where the spec knows
 * none.
 */
async function guardOf(session: RowSession, { queries }: Spec): Promise<string> {
  if (queries.identity === null) return queries.guard;
  const [row] = await session.ask(queries.identity);
  const own = row?.['own'] ?? '';
  return queries.guard.replace('{identity}', `_utf8mb4 X'${Buffer.from(own).toString('hex')}'`);
}

async function checkServer(session: RowSession, guard: string): Promise<void> {
  await session.ask(guard).catch((error) => {
    if (errnoOf(error) !== GUARD_ERRNO) throw error;
    throw new LoadError('SOURCE_MOVED', 'The table was read from another server than its signature.');
  });
}

function captureOf(session: RowSession, spec: Spec): Promise<Capture> {
  return session.capture(spec.queries.capture.map((query) => ({ ...query, sql: marked(spec, query.sql) })));
}

function refuseLock(capture: Capture): Capture {
  for (const answer of Object.values(capture))
    if ('errno' in answer && answer.errno === LOCK_WAIT_TIMEOUT)
      throw new LoadError('SOURCE_BUSY', answer.message, { context: { errno: answer.errno } });
  return capture;
}

async function checkPartitions(session: RowSession, spec: Spec): Promise<void> {
  const query = spec.queries.partitions;
  if (query === null || (await numberOf(session, marked(spec, query))) <= MAX_PARTITIONS) return;
  const message = `the rows make more than ${MAX_PARTITIONS} partitions, BigQuery loads no more at once`;
  throw new LoadError('TOO_MANY_PARTITIONS', message);
}

async function numberOf(session: RowSession, sql: string): Promise<number> {
  const [row] = await session.ask(sql);
  return Number(Object.values(row ?? {})[0] ?? 0);
}

/** Has an error that is about a lock tell who holds the table. */
async function explained(thrown: unknown, spec: Spec, session: RowSession | null): Promise<unknown> {
  if (!session || errnoOf(thrown) !== LOCK_WAIT_TIMEOUT) return thrown;
  const error = toLoadError(thrown);
  const locks = await locksOf(session, spec);
  if (!locks) return error;
  const message = `${error.message}; ${lockHolders(locks, spec.table)}`;
  return new LoadError(error.code, message, { context: { ...error.context, locks }, cause: error });
}

/** A connection that is cut leaves a statement running that is silent. */
async function endOwn(rowSource: RowSource, spec: Spec): Promise<void> {
  const stop = new AbortController();
  const ending = (async () => {
    const session = await rowSource.open({ session: [], signal: stop.signal });
    await endAll(session, leftBehind.sql(spec)).finally(() => session.close());
  })();
  await Promise.race([ending, pause(ENDING_MS, undefined, { ref: false })]).catch(() => undefined);
  stop.abort();
  ending.catch(() => undefined);
}

/**
 * A user may end statements of its own; a server that does not tell is no reason to load nothing.
 */
async function endAll(session: RowSession, sql: string): Promise<void> {
  const found = await session.ask(sql).catch((error) => {
    if (errnoOf(error) === null) throw error;
    return [];
  });
  // One that has ended by itself in between cannot be ended.
  for (const id of leftBehind.read(found)) await session.ask(`KILL QUERY ${id}`).catch(() => undefined);
}

function errnoOf(error: unknown): number | null {
  const errno = error instanceof LoadError ? error.context['errno'] : null;
  return typeof errno === 'number' && errno > 0 ? errno : null;
}
