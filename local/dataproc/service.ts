import { createRequire } from 'node:module';
import { type GrpcObject, loadPackageDefinition, type ServiceDefinition } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';

/** A Dataproc job as it travels, enums as names; the parts we read and write. */
export interface WireJob {
  reference: { projectId: string; jobId: string };
  placement: { clusterName: string; clusterUuid?: string };
  pysparkJob?: {
    mainPythonFileUri: string;
    args: string[];
    pythonFileUris: string[];
    jarFileUris: string[];
    fileUris: string[];
    archiveUris: string[];
    properties: Record<string, string>;
  };
  labels: Record<string, string>;
  status: WireStatus;
  statusHistory: WireStatus[];
  driverOutputResourceUri: string;
  driverControlFilesUri: string;
  jobUuid: string;
  done: boolean;
}

export interface WireStatus {
  state: string;
  substate: string;
  details: string;
  stateStartTime: { seconds: number; nanos: number };
}

/** The service definition of a controller, taken from the protos inside the official client. */
export function serviceDefinition(name: 'JobController' | 'ClusterController'): ServiceDefinition {
  const json = createRequire(import.meta.url)('@google-cloud/dataproc/build/protos/protos.json');
  const definition = fromJSON(json, {
    keepCase: false,
    enums: String,
    longs: Number,
    defaults: true,
    oneofs: true,
  });
  const v1 = ['google', 'cloud', 'dataproc', 'v1'].reduce<GrpcObject>(
    (at, part) => at[part] as GrpcObject,
    loadPackageDefinition(definition),
  );
  return (v1[name] as unknown as { service: ServiceDefinition }).service;
}
