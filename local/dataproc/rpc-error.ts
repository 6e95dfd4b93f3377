import { status } from '@grpc/grpc-js';

/** An answer that is an error, with its gRPC code. */
export class RpcError extends Error {
  readonly code: status;

  constructor(code: status, details: string) {
    super(details);
    this.code = code;
  }
}

export const invalid = (details: string) => new RpcError(status.INVALID_ARGUMENT, details);
export const notFound = (details: string) => new RpcError(status.NOT_FOUND, `Not found: ${details}`);
