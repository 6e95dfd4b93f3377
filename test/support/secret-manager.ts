import { createRequire } from 'node:module';
import {
  type GrpcObject,
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';

type Answer = { value: string } | { code: number };

/**
 * Secret Manager's one call that we use, answering what a test wants: by name, or in order with the
 * last one for ever.
 */
export interface SecretManagerStandIn {
  address: string;
  calls: string[];
  answers: Answer[] | ((name: string) => Answer);
  close(): void;
}

export async function startSecretManager(
  answers: SecretManagerStandIn['answers'],
): Promise<SecretManagerStandIn> {
  const standIn: SecretManagerStandIn = {
    address: '',
    calls: [],
    answers,
    close: () => server.forceShutdown(),
  };
  const server = new Server();
  server.addService(serviceDefinition(), {
    accessSecretVersion: (
      call: { request: { name: string } },
      reply: (error: object | null, answer?: object) => void,
    ) => {
      standIn.calls.push(call.request.name);
      const answer = next(standIn, call.request.name);
      if (answer && 'value' in answer)
        reply(null, { name: call.request.name, payload: { data: Buffer.from(answer.value) } });
      else reply({ code: answer?.code ?? status.INTERNAL, details: status[answer?.code ?? status.INTERNAL] });
    },
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  standIn.address = `127.0.0.1:${port}`;
  return standIn;
}

function serviceDefinition(): ServiceDefinition {
  const json = createRequire(import.meta.url)('@google-cloud/secret-manager/build/protos/protos.json');
  const at = ['google', 'cloud', 'secretmanager', 'v1'].reduce<GrpcObject>(
    (object, part) => object[part] as GrpcObject,
    loadPackageDefinition(fromJSON(json, { keepCase: false })),
  );
  return (at['SecretManagerService'] as unknown as { service: ServiceDefinition }).service;
}

function next({ answers }: SecretManagerStandIn, name: string): Answer | undefined {
  if (typeof answers === 'function') return answers(name);
  return answers.length > 1 ? answers.shift() : answers[0];
}
