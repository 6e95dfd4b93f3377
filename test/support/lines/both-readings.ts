import { createRowSource } from '../../../src/adapters/mysql/row-source.ts';
import { createLineWriter } from '../../../src/engines/direct/line-writer.ts';
import { makeSpec } from '../../../src/pipeline/load/make-spec.ts';
import { readLoad } from '../../../src/pipeline/load/read-load.ts';
import { objectNames } from '../../../src/pipeline/names/index.ts';
import type { LoadObject } from '../../../src/pipeline/objects/load.ts';
import { manifestSchema } from '../../../src/pipeline/objects/manifest.ts';
import { type Spec, specSchema } from '../../../src/pipeline/objects/spec.ts';
import { readObject } from '../../../src/pipeline/ports/json-objects.ts';
import type { Sandbox } from '../sandbox.ts';
import { NO_RETRY } from '../wait.ts';

/** What a reader makes of a table: its stage, and what is found in the rows, or why it fails. */
export interface Reading {
  lines: Buffer;
  outcome: unknown;
}

/** The rows of a load through the line writer, by the SELECT of an engine. */
export async function readLines(
  { config, env }: Sandbox,
  { load, engine, nullToken = '\\NABCD' }: { load: LoadObject; engine: Spec['engine']; nullToken?: string },
): Promise<Reading & { spec: Spec }> {
  const made = makeSpec({
    load: { ...load, engine },
    attemptNumber: 1,
    ticket: 1,
    address: config.address,
    code: null,
    bucket: 'none',
    now: new Date(),
    random: () => 0,
  });
  const spec = { ...made, nullToken };
  const chunks: Buffer[] = [];
  const writer = createLineWriter({
    spec,
    maskKey: env['MASK_KEY'] ?? null,
    flush: (chunk) => {
      chunks.push(chunk);
      return null;
    },
  });
  const source = createRowSource({
    address: config.address,
    password: async () => env['MYSQL_PASSWORD'] ?? '',
    retry: NO_RETRY,
  });
  const session = await source.open({
    session: spec.queries.session,
    signal: new AbortController().signal,
  });
  const row = (buffer: Buffer, start: number, end: number) => writer.row(buffer, start, end);
  await session.stream(spec.queries.select, { row, whenReady: () => null }).finally(session.close);
  writer.end();
  return { spec, lines: Buffer.concat(chunks), outcome: outcomeOf(writer) };
}

function outcomeOf(writer: ReturnType<typeof createLineWriter>): unknown {
  try {
    return writer.outcome();
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return { code, message };
  }
}

/** Where two stages differ, for people; null where they do not. */
export function differenceOf(one: Buffer, other: Buffer): string | null {
  if (one.equals(other)) return null;
  const length = Math.min(one.length, other.length);
  let at = 0;
  while (at < length && one[at] === other[at]) at += 1;
  const near = (stage: Buffer) => JSON.stringify(stage.subarray(Math.max(0, at - 80), at + 80).toString());
  return `from byte ${at} of ${one.length} and ${other.length}: ${near(one)} is not ${near(other)}`;
}

/**
 * The stage that Spark left of a table, and what the line writer makes of the same load now. `kept`
 * is of `keepStages`.
 */
export async function besideSpark(
  sandbox: Sandbox,
  table: string,
  kept: ReadonlyMap<string, Buffer>,
): Promise<{ spark: Reading; direct: Reading }> {
  const { bucket } = sandbox.adapters;
  const names = objectNames(sandbox.config.settings.SOURCE_ID);
  const attempts = new Set([...kept.keys()].map((name) => name.split('/')[2] ?? ''));
  for (const attemptId of attempts) {
    const spec = (await readObject(bucket, names.spec(attemptId), specSchema))?.value;
    if (spec?.table.table !== table) continue;
    const { sourceId, runId, loadId, nullToken } = spec;
    const load = await readLoad({ sourceId, runId, loadId, nextAttempt: 0, decidedAt: null }, bucket);
    const manifest = (await readObject(bucket, names.manifest(attemptId), manifestSchema))?.value;
    const { rows, policyCounts, fingerprint } = manifest ?? {};
    const parts = [...kept].filter(([name]) => name.startsWith(names.data(attemptId))).toSorted();
    return {
      spark: {
        lines: Buffer.concat(parts.map(([, bytes]) => bytes)),
        outcome: { rows, policyCounts, fingerprint },
      },
      direct: await readLines(sandbox, { load, engine: 'direct', nullToken }),
    };
  }
  throw new Error(`No stage of ${table} was kept.`);
}
