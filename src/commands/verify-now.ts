import { readPauses } from '../pipeline/pauses.ts';
import type { TableRef } from '../pipeline/table-ref.ts';
import { type Verified, verifyTables } from '../pipeline/verify.ts';
import type { CommandContext } from './command.ts';

/** What a run would decide now; changes nothing. `only`: the tables to look at, or null for all. */
export async function verifyNow(
  only: readonly TableRef[] | null,
  context: CommandContext,
): Promise<Verified> {
  const { ports, verify } = context;
  const input = {
    run: 'plan',
    only,
    isForced: false,
    loadingElsewhere: new Set<string>(),
    pauses: await readPauses(ports.stage, verify.sourceId),
    now: context.now(),
  };
  return verifyTables(input, verify, ports);
}
