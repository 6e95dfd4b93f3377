import type { TableRef } from '../pipeline/names/index.ts';
import type { CaptureRequest } from '../pipeline/ports/index.ts';
import { readPauses, type Verified, verifyTables } from '../pipeline/verify/index.ts';
import type { CommandContext } from './command.ts';

/** What a run would decide now; changes nothing. `only`: the tables to look at, or null for all. */
export async function verifyNow(
  only: readonly TableRef[] | null,
  context: CommandContext,
): Promise<Verified> {
  const { verify, note } = context;
  const isRemote = verify.runner === 'dataproc';
  if (isRemote) note('VERIFY_RUNNER=dataproc: a Dataproc job asks the source, which takes about a minute.');
  const { sourceQueries } = context.ports;
  const { host, port } = context.config.address;
  const report = async (message: string) => note(message);
  const capture = async (request: CaptureRequest) => {
    context.activity(`waiting for ${isRemote ? 'the Dataproc job' : `MySQL at ${host}:${port}`}`);
    const answers = await sourceQueries.capture({ ...request, report });
    context.activity('comparing tables with their last load');
    return answers;
  };
  const ports: typeof context.ports = {
    ...context.ports,
    sourceQueries: { ...sourceQueries, capture },
  };
  const input = {
    runId: 'plan',
    only,
    isForced: false,
    loadingElsewhere: new Set<string>(),
    pauses: await readPauses(ports.bucket, verify.sourceId),
    now: context.now(),
  };
  return verifyTables(input, verify, ports);
}
