import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import { objectNames, probeJobId } from '../pipeline/names/index.ts';
import { sessionStatements } from '../pipeline/source/index.ts';
import type { Queues } from '../queues/queues.ts';
import { createOutages } from '../redis/outages.ts';
import { type Circuit, createCircuit } from '../workers/circuit.ts';
import { type Adapters, clock } from './adapters.ts';

/**
 * The circuit of this process, which asks each service for something small that needs no right but
 * those that loads need.
 */
export function createServiceCircuit(
  { settings }: Config,
  parts: { adapters: Adapters; connection: Redis; queues: Queues; log: Logger },
): Circuit {
  const { adapters, connection, queues, log } = parts;
  const { SOURCE_ID: sourceId, VERIFY_RUNNER: runner } = settings;
  const { bucket, destination, inspection, sourceQueries } = adapters;
  return createCircuit({
    queues,
    outages: createOutages(connection, sourceId),
    probes: {
      dataproc: () => inspection.cluster(),
      gcs: () => bucket.exists(objectNames(sourceId).installation),
      bigquery: () => destination.getPublish(probeJobId(sourceId)),
      // Where only the cluster reaches MySQL, a probe would be a Dataproc job.
      mysql:
        runner === 'worker'
          ? () => sourceQueries.capture({ session: sessionStatements(), queries: [] })
          : null,
    },
    now: clock.now,
    log,
  });
}
