import type { TableRef } from '../pipeline/names/index.ts';
import type { AcknowledgedObject } from '../pipeline/objects/index.ts';
import type { EverLoaded } from '../pipeline/ports/index.ts';
import { goneTables, readAcknowledged } from '../pipeline/verify/index.ts';
import type { CommandContext } from './command.ts';
import { knownTables } from './known-tables.ts';

/** What the source lists, and what history knows beside it. */
export interface Listing {
  listed: readonly TableRef[];
  /** Loaded before, and listed no more; those that a person has acknowledged too. */
  gone: readonly EverLoaded[];
  ever: readonly EverLoaded[];
  acknowledged: AcknowledgedObject;
}

/**
 * Compares the listing with history. With `VERIFY_RUNNER=dataproc` the listing is that of the
 * newest run that looked at all tables; where there is none, nothing is known to be gone.
 */
export async function lookForGone(context: CommandContext): Promise<Listing> {
  const { ports, verify } = context;
  const [listed, ever, acknowledged] = await Promise.all([
    knownTables(context),
    ports.history.everLoaded({ sourceId: verify.sourceId }),
    readAcknowledged(ports.bucket, verify.sourceId),
  ]);
  const isUnknown = verify.runner === 'dataproc' && listed.length === 0;
  return { listed, gone: isUnknown ? [] : goneTables(ever, listed, verify), ever, acknowledged };
}
