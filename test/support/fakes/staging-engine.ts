import { LoadError } from '../../../src/pipeline/errors/load-error.ts';
import { objectNames } from '../../../src/pipeline/names/index.ts';
import type { Capture } from '../../../src/pipeline/objects/capture.ts';
import type { EngineName } from '../../../src/pipeline/objects/engine.ts';
import type { Manifest } from '../../../src/pipeline/objects/manifest.ts';
import type { Bucket } from '../../../src/pipeline/ports/bucket.ts';
import type { Engine, EngineAttempt } from '../../../src/pipeline/ports/engine.ts';

export interface StagingEngine extends Engine {
  /** Attempts that were really started, by name. */
  started: string[];
  /** What the next runs do instead of staging. */
  failures: LoadError[];
  /** Goes over every manifest. */
  manifestChanges: Partial<Manifest>;
}

/**
 * An engine that stages two rows at once, once an attempt; for the state machine around it. As
 * `direct` it is what a later process has: it knows of no reader.
 */
export function createStagingEngine(
  bucket: Bucket,
  capture: Capture,
  name: EngineName = 'dataproc',
): StagingEngine {
  const ended = new Set<string>();
  const engine: StagingEngine = {
    name,
    started: [],
    failures: [],
    manifestChanges: {},
    prepare: async () => (name === 'dataproc' ? { script: 'a', driverJar: 'b' } : null),
    probe: async ({ spec }) =>
      ended.has(spec.attemptId) ? { state: 'ended', remoteJobId: spec.attemptId } : { state: 'nothing' },
    cancel: async ({ spec }) => void ended.add(spec.attemptId),
    run: async (attempt) => {
      engine.started.push(attempt.spec.attemptId);
      const failure = engine.failures.shift();
      // A service that is away leaves the attempt as it is; any other failure ends it.
      if (failure?.code !== 'DATAPROC_UNAVAILABLE') ended.add(attempt.spec.attemptId);
      if (failure) throw failure;
      await writeStage(bucket, attempt, capture, engine.manifestChanges);
    },
  };
  return engine;
}

async function writeStage(
  bucket: Bucket,
  { spec, specSha256 }: EngineAttempt,
  capture: Capture,
  changes: Partial<Manifest>,
): Promise<void> {
  const names = objectNames(spec.sourceId);
  const name = `${names.data(spec.attemptId)}writer/part-0`;
  await bucket.create({ name, bytes: Buffer.from('1\n2\n'), contentType: 'text/csv' });
  const objects = await bucket.list(name);
  const manifest: Manifest = {
    version: 1,
    attemptId: spec.attemptId,
    specSha256,
    rows: 2,
    writer: 'writer',
    objects,
    policyCounts: {},
    fingerprint: null,
    readers: 1,
    counts: { inside: null, beside: 2 },
    wireBytes: null,
    captures: { before: capture, after: capture },
    startedAt: spec.createdAt,
    endedAt: spec.createdAt,
    engine: {},
    ...changes,
  };
  await bucket.create({
    name: names.manifest(spec.attemptId),
    bytes: Buffer.from(JSON.stringify(manifest)),
    contentType: 'application/json',
  });
}

/** A failure that ends an attempt, and may be tried again. */
export const remoteFailed = () => new LoadError('REMOTE_FAILED', 'the driver died');
