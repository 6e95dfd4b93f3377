import type { Logger } from 'pino';
import { toLoadError } from '../pipeline/errors/index.ts';
import { writeLoadEnd } from '../pipeline/history/index.ts';
import type { EndedLoad } from '../pipeline/objects/index.ts';
import type { Bucket } from '../pipeline/ports/index.ts';
import { addLoadRow, type Queues } from '../queues/queues.ts';

interface Keeper {
  bucket: Bucket;
  log: Logger;
}

/** Tells how a load has ended: to the bucket, which outlives Redis, then to history. */
export async function tellEnd(end: EndedLoad, context: Keeper & { queues: Queues }): Promise<void> {
  await keepEnd(end, context);
  await addLoadRow(context.queues, end.row);
}

/** Where the bucket is away the load ends all the same: its names, and Redis, tell as well. */
export async function keepEnd(end: EndedLoad, { bucket, log }: Keeper): Promise<void> {
  await writeLoadEnd(end, bucket).catch((thrown: unknown) => {
    const { code, message } = toLoadError(thrown);
    log.warn({ runId: end.row.run_id, code, err: message }, 'the end of a load was not written');
  });
}
