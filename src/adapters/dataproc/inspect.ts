import { type protos, v1 } from '@google-cloud/dataproc';
import type { ClusterFacts, Inspection } from '../../pipeline/ports/index.ts';
import { googleClient } from '../google-client.ts';
import { withRetry } from '../retry.ts';
import { CALL, classify, clientOptions, type DataprocSettings, orNull } from './client.ts';

/** Dataproc's part of `Inspection`. */
export function inspectCluster(
  settings: DataprocSettings,
): Pick<Inspection, 'cluster'> & { close(): Promise<void> } {
  const client = googleClient(() => new v1.ClusterControllerClient(clientOptions(settings)));
  const { projectId, region, cluster: clusterName } = settings;
  const get = () =>
    orNull(async () => (await (await client.open()).getCluster({ projectId, region, clusterName }, CALL))[0]);
  return {
    cluster: () =>
      withRetry(
        async () => toFacts(await get()),
        (error) => classify(error, settings),
        { settings: settings.retry },
      ),
    close: () => client.close(),
  };
}

type VendorCluster = protos.google.cloud.dataproc.v1.ICluster;

function toFacts(cluster: VendorCluster | null): ClusterFacts | null {
  if (!cluster) return null;
  return {
    state: String(cluster.status?.state ?? ''),
    imageVersion: cluster.config?.softwareConfig?.imageVersion ?? '',
    outputBucket: cluster.config?.configBucket || null,
  };
}
