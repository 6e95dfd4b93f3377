import { setTimeout as pause } from 'node:timers/promises';
import {
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { type Fault, FaultRules } from '../faults/fault-rules.ts';
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
  /** Switches for tests; calls are named as the rpc, such as `submitJob`. */
  faults?: FaultRules;
  /** The cluster's state; RUNNING unless a test says otherwise. */
  clusterState?: () => string;
}

/** Dataproc's JobController on a loopback port, running the real spark-submit. */
export async function startDataprocStandIn(
  settings: DataprocStandInSettings,
): Promise<{ port: number; close(): Promise<void> }> {
  const store = new JobStore(settings.dataDir);
  const runner = new JobRunner(store, settings);
  const server = new Server();
  const { faults = new FaultRules(), clusterState = () => 'RUNNING' } = settings;
  const jobs = jobController(store, runner, { ...settings, clusterState });
  addService(server, serviceDefinition('JobController'), { handlers: jobs, faults });
  const getOne = (request: never) => getCluster(request, { ...settings, clusterState });
  addService(server, serviceDefinition('ClusterController'), { handlers: { getCluster: getOne }, faults });
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
  settings: DataprocStandInSettings & { clusterState(): string },
) {
  checkPlace(request, settings);
  if (request.clusterName !== settings.cluster) throw notFound(`Cluster ${request.clusterName}`);
  return {
    projectId: settings.project,
    clusterName: settings.cluster,
    status: { state: settings.clusterState() },
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
  { handlers, faults }: { handlers: Record<string, (request: never) => object>; faults: FaultRules },
): void {
  const methods = Object.entries(handlers).map(
    ([name, handle]): [string, handleUnaryCall<unknown, unknown>] => [
      name,
      async (call, reply) => {
        try {
          reply(null, await handleWithFaults(() => handle(call.request as never), faults.take(name)));
        } catch (error) {
          const code = error instanceof RpcError ? error.code : status.INTERNAL;
          reply({ code, details: (error as Error).message });
        }
      },
    ],
  );
  server.addService(definition, Object.fromEntries(methods) as UntypedServiceImplementation);
}

/** A lost reply looks to a gRPC client like a connection that broke. */
async function handleWithFaults(handle: () => object, fault: Fault | null): Promise<object> {
  if (fault?.kind === 'error') throw new RpcError(fault.status, 'a fault of the test');
  if (fault?.kind === 'delay') await pause(fault.ms);
  if (fault?.kind === 'duplicate') handle();
  const result = handle();
  if (fault?.kind === 'lost-reply') throw new RpcError(status.UNAVAILABLE, 'the connection was lost');
  return result;
}
