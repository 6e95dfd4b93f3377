import { z } from 'zod';
import { isErrorCode } from '../../pipeline/error-codes.ts';
import { createObject, readObject } from '../../pipeline/json-objects.ts';
import { LoadError } from '../../pipeline/load-error.ts';
import { classifyMysqlErrno } from '../../pipeline/mysql-errno.ts';
import { dataprocRequestId } from '../../pipeline/names.ts';
import type { SourceAddress } from '../../pipeline/objects/spec.ts';
import type { EngineWatch } from '../../pipeline/ports/engine.ts';
import type { RemoteJob, RemoteJobs } from '../../pipeline/ports/remote-jobs.ts';
import type { Stage } from '../../pipeline/ports/stage.ts';
import type { UploadedCode } from './upload-code.ts';

const PROBE_SCRIPT = 'probe_source.py';

const failureSchema = z.object({
  class: z.string(),
  code: z.string().nullable().default(null),
  errno: z.int().nullable().default(null),
  sqlState: z.string().nullable().default(null),
  message: z.string(),
});
const resultSchema = z.object({
  version: z.literal(1),
  error: failureSchema.nullable(),
  server: z.array(z.string().nullable()).default([]),
  spark: z.string().default(''),
  python: z.string().default(''),
});

export interface ProbeResult {
  /** What the SELECT gave, on the driver and on an executor alike. */
  server: (string | null)[];
  spark: string;
  python: string;
  dataprocJob: string;
}

/**
 * Runs a Dataproc job that reaches the source as a load would, from the driver and from an executor, with `select` (one row
 * of text). Throws as loads do: the source's own error, or what became of the Dataproc job.
 */
export async function probeSource(
  probe: { id: string; source: SourceAddress; session: readonly string[]; select: string },
  context: {
    settings: { stage: Stage; remoteJobs: RemoteJobs; sourceId: string };
    code: UploadedCode;
    properties: Record<string, string>;
    waitForEnd(job: RemoteJob): Promise<RemoteJob>;
    watch: EngineWatch;
  },
): Promise<ProbeResult> {
  const { settings, code, watch } = context;
  const { stage, sourceId } = settings;
  const folder = `${sourceId}/doctor/${probe.id}/`;
  const queries = { session: probe.session, select: probe.select, guard: 'SELECT 1' };
  await createObject(stage, `${folder}probe.json`, {
    version: 1,
    source: probe.source,
    queries,
    predicates: [],
  });
  const id = `${sourceId}-doctor-${probe.id}`;
  const main = code.moduleUris.find((uri) => uri.endsWith(`/${PROBE_SCRIPT}`)) ?? code.mainUri;
  const job = await settings.remoteJobs.submit({
    id,
    requestId: dataprocRequestId(id),
    labels: { installation: sourceId, purpose: 'doctor' },
    mainUri: main,
    moduleUris: [code.mainUri, ...code.moduleUris.filter((uri) => uri !== main)],
    jarUris: code.jarUris,
    args: ['--probe', `gs://${stage.bucket}/${folder}probe.json`],
    properties: context.properties,
  });
  await watch.report({ step: 'submitted', message: `Dataproc job ${id} submitted: ${job.link}` });
  const ended = await context.waitForEnd(job);
  const result = (await readObject(stage, `${folder}result.json`, resultSchema))?.value;
  await stage.remove([`${folder}probe.json`, `${folder}result.json`]);
  if (result && !result.error) return { ...result, dataprocJob: id };
  if (!result?.error)
    throw new LoadError('REMOTE_FAILED', `${ended.details || ended.vendorState}: ${job.link}`);
  throw probeError(result.error);
}

function probeError({ code, errno, sqlState, message }: z.infer<typeof failureSchema>): LoadError {
  if (code !== null && isErrorCode(code)) return new LoadError(code, message);
  const kind =
    errno === null && sqlState === null ? 'REMOTE_FAILED' : classifyMysqlErrno({ errno, sqlState });
  return new LoadError(kind, `${message}${errno ? ` (errno ${errno})` : ''}`);
}
