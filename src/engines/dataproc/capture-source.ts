import { z } from 'zod';
import {
  captureName,
  captureTryName,
  dataprocJobId,
  objectNames,
  parseObjectName,
  probeFiles,
} from '../../pipeline/names/index.ts';
import { type Capture, captureSchema, type SourceAddress } from '../../pipeline/objects/index.ts';
import { type CaptureRequest, hasEnded, jsonBytes } from '../../pipeline/ports/index.ts';
import { type ProbeContext, runProbeJob } from './probe-job.ts';
import { removeFolder } from './probe-source.ts';

const resultSchema = z.object({ version: z.literal(1), endedAt: z.string(), capture: captureSchema });
const endedAtSchema = z.object({ endedAt: z.string() });

/**
 * How old the rows of an earlier call may be that are taken for this one's: what was found before a
 * crash, not before an outage.
 */
const FRESH_MS = 15 * 60_000;

/**
 * `SourceQueries.capture` by a Dataproc job: its driver runs the SELECTs and leaves their rows in
 * the bucket. Tries are numbered and found by probing; one call starts one job at most, because who
 * calls has its own way of trying again.
 */
export async function captureSource(
  request: CaptureRequest & { address: SourceAddress },
  context: ProbeContext & { now(): Date; randomHex(): string },
): Promise<Capture> {
  const { sourceId } = context.settings;
  const { session, queries, address } = request;
  const { signal } = context.watch;
  signal.throwIfAborted();
  const name = request.name ?? captureName({ kind: 'once', random: context.randomHex() });
  const probe = { version: 1, address, queries: { session, capture: queries }, predicates: [] };
  const attempt = await findTry(name, probe, context);
  const folder = objectNames(sourceId).captureTry(name, attempt);
  try {
    const id = captureJobId(sourceId, name, attempt);
    const result = await runProbeJob({ id, folder, purpose: 'verify', probe, result: resultSchema }, context);
    return result.capture;
  } catch (thrown) {
    signal.throwIfAborted();
    throw thrown;
  } finally {
    if (request.name === undefined) await removeFolder(folder, context).catch(() => undefined);
  }
}

function captureJobId(sourceId: string, name: string, attempt: number): string {
  return dataprocJobId(sourceId, captureTryName(name, attempt));
}

/**
 * The try to go on with: the newest, unless it asked something else, failed, or is too long ago;
 * then the next.
 */
async function findTry(
  name: string,
  probe: object,
  context: ProbeContext & { now(): Date },
): Promise<number> {
  const { bucket, remoteJobs, sourceId } = context.settings;
  const names = objectNames(sourceId);
  const found = new Set((await bucket.list(names.captures(name))).map((object) => object.name));
  const newest = Math.max(0, ...[...found].map((object) => tryAsked(sourceId, object)));
  if (newest === 0) return 1;
  const files = probeFiles(names.captureTry(name, newest));
  const asked = await bucket.read(files.probe);
  if (!asked?.bytes.equals(jsonBytes(probe))) return newest + 1;
  if (found.has(files.error)) return newest + 1;
  if (found.has(files.result)) return (await isRecent(files.result, context)) ? newest : newest + 1;
  const job = await remoteJobs.get(captureJobId(sourceId, name, newest));
  return job && hasEnded(job) ? newest + 1 : newest;
}

/** Number of the try that an object is the question of; 0 for another object. */
function tryAsked(sourceId: string, name: string): number {
  const of = parseObjectName(sourceId, name);
  if (of?.is !== 'captureObject') return 0;
  const { probe } = probeFiles(objectNames(sourceId).captureTry(of.capture, of.tryNumber));
  return name === probe ? of.tryNumber : 0;
}

async function isRecent(name: string, { settings, now }: ProbeContext & { now(): Date }): Promise<boolean> {
  const bytes = (await settings.bucket.read(name))?.bytes.toString('utf8') ?? '{}';
  const { endedAt } = endedAtSchema.parse(JSON.parse(bytes));
  return now().getTime() - Date.parse(endedAt) < FRESH_MS;
}
