import {
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { jobController } from './job-controller.ts';
import { JobRunner, type RunnerSettings } from './job-runner.ts';
import { JobStore } from './job-store.ts';
import { notFound, RpcError } from './rpc-error.ts';
import { serviceDefinition } from './service.ts';
import { checkPlace, type Place } from './validation.ts';

export interface DataprocStandInSettings extends RunnerSettings, Place {
  port: number;
  dataDir: string;
  /** Bucket for driver output. */
  bucket: string;
}

/** Dataproc's JobController on a loopback port, running the real spark-submit. */
export async function startDataprocStandIn(
  settings: DataprocStandInSettings,
): Promise<{ port: number; close(): Promise<void> }> {
  const store = new JobStore(settings.dataDir);
  const runner = new JobRunner(store, settings);
  const server = new Server();
  const jobs = jobController(store, runner, settings);
  addService(server, serviceDefinition('JobController'), jobs);
  addService(server, serviceDefinition('ClusterController'), {
    getCluster: (request: never) => getCluster(request, settings),
  });
  const port = await new Promise<number>((resolve, reject) => {
    const bound = (error: Error | null, boundPort: number) => (error ? reject(error) : resolve(boundPort));
    server.bindAsync(`127.0.0.1:${settings.port}`, ServerCredentials.createInsecure(), bound);
  });
  return {
    port,
    close: async () => {
      server.forceShutdown();
      await runner.stop();
    },
  };
}

function getCluster(
  request: { projectId: string; region: string; clusterName: string },
  settings: DataprocStandInSettings,
) {
  checkPlace(request, settings);
  if (request.clusterName !== settings.cluster) throw notFound(`Cluster ${request.clusterName}`);
  return {
    projectId: settings.project,
    clusterName: settings.cluster,
    status: { state: 'RUNNING' },
    config: {
      softwareConfig: { imageVersion: '2.2-local' },
      tempBucket: settings.bucket,
      configBucket: settings.bucket,
    },
  };
}

/** Calls of the service that have no handler answer UNIMPLEMENTED, by grpc-js itself. */
function addService(
  server: Server,
  definition: ServiceDefinition,
  handlers: Record<string, (request: never) => object>,
): void {
  const methods = Object.entries(handlers).map(
    ([name, handle]): [string, handleUnaryCall<unknown, unknown>] => [
      name,
      (call, reply) => {
        try {
          reply(null, handle(call.request as never));
        } catch (error) {
          const code = error instanceof RpcError ? error.code : status.INTERNAL;
          reply({ code, details: (error as Error).message });
        }
      },
    ],
  );
  server.addService(definition, Object.fromEntries(methods) as UntypedServiceImplementation);
}
