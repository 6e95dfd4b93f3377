import { z } from 'zod';
import { doctorJobId, objectNames } from '../../pipeline/names/index.ts';
import type { SourceAddress } from '../../pipeline/objects/index.ts';
import { type ProbeContext, runProbeJob } from './probe-job.ts';

const resultSchema = z.object({
  version: z.literal(1),
  server: z.array(z.string().nullable()),
  spark: z.string(),
  python: z.string(),
});

export interface ProbeResult {
  /** What the SELECT gave, on the driver and on an executor alike. */
  server: (string | null)[];
  spark: string;
  python: string;
  dataprocJob: string;
}

/**
 * Runs a Dataproc job that reaches the source as a load would, from the driver and from an
 * executor, with `select` (one row of text). Throws as loads do: the source's own error, or what
 * became of the Dataproc job.
 */
export async function probeSource(
  probe: { id: string; address: SourceAddress; session: readonly string[]; select: string },
  context: ProbeContext,
): Promise<ProbeResult> {
  const { sourceId } = context.settings;
  const folder = objectNames(sourceId).doctor(probe.id);
  const id = doctorJobId(sourceId, probe.id);
  const queries = { session: probe.session, select: probe.select, guard: 'SELECT 1' };
  try {
    const result = await runProbeJob(
      {
        id,
        folder,
        purpose: 'doctor',
        probe: { version: 1, address: probe.address, queries, predicates: [] },
        result: resultSchema,
      },
      context,
    );
    return { ...result, dataprocJob: id };
  } finally {
    await removeFolder(folder, context).catch(() => undefined);
  }
}

/** Removes the objects of a job that nobody will look for again. */
export async function removeFolder(folder: string, { settings: { bucket } }: ProbeContext): Promise<void> {
  await bucket.remove((await bucket.list(folder)).map(({ name }) => name));
}
