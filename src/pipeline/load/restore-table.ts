import type { DestinationRef } from '../objects/index.ts';
import { claimFor, type FenceDeps, recordPublished } from './fence.ts';
import { type StateOf, takeTicket } from './table-state.ts';

/**
 * Puts a table back for a person, by a copy job of that id, under the fence: its ticket is newer
 * than that of whatever has been read so far, so a load that wakes up late is superseded. False
 * where BigQuery does not have the table as of then. Throws `Superseded` or `OVERTAKEN` where a
 * load has come before it.
 */
export async function restoreUnderFence(
  input: StateOf & { destination: DestinationRef; at: Date; id: string },
  deps: FenceDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const { sourceId, table, destination, at, id } = input;
  const of = { sourceId, table };
  const ticket = await takeTicket(of, deps, signal);
  const want = { ...of, destination, ticket, attemptId: id, job: id, kind: 'copy' as const };
  await claimFor(want, async () => undefined, deps, signal);
  if (!(await deps.destination.copy({ id, source: destination, at, destination }))) return false;
  const job = await deps.destination.getCopy(id);
  if (job) await recordPublished(of, { attemptId: id, job }, deps, signal);
  return true;
}
