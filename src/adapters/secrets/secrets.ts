import { type ErrorCode, LoadError } from '../../pipeline/errors/index.ts';
import type { Secrets } from '../../pipeline/ports/index.ts';
import { googleClient } from '../google-client.ts';
import { credentialsError } from '../google-credentials.ts';
import { hostAndPort } from '../host-and-port.ts';
import { messageOf, type RetrySettings, withRetry } from '../retry.ts';

/**
 * gRPC: PERMISSION_DENIED, UNAUTHENTICATED; INVALID_ARGUMENT, NOT_FOUND, FAILED_PRECONDITION
 * (disabled or destroyed).
 */
const CODES = new Map<number | undefined, ErrorCode>([
  [7, 'SECRET_DENIED'],
  [16, 'SECRET_DENIED'],
  [3, 'SECRET_MISSING'],
  [5, 'SECRET_MISSING'],
  [9, 'SECRET_MISSING'],
]);
/** As with Dataproc's client: its own retries would hide an outage. */
const CALL = { timeout: 30_000, retry: { retryCodes: [] } };

export interface SecretsSettings {
  /** Variables that may be read by name; for the local stack. */
  env: Readonly<Record<string, string | undefined>>;
  /** Stand-in: `host:port`, plaintext. */
  apiEndpoint?: string | undefined;
  retry?: RetrySettings;
}

/**
 * `Secrets` from a map of variables (local) or Secret Manager. Values are held by the caller, in
 * memory only.
 */
export function createSecrets(settings: SecretsSettings): Secrets {
  return {
    read: async (reference) => {
      if (reference.kind === 'secret')
        return withRetry(
          () => readSecret(reference.name, settings.apiEndpoint),
          (error) => classify(error, reference.name),
          { settings: settings.retry },
        );
      const value = settings.env[reference.name];
      if (value === undefined) throw new LoadError('SECRET_MISSING', `${reference.name} is not set.`);
      return value;
    },
  };
}

async function readSecret(name: string, apiEndpoint: string | undefined): Promise<string> {
  const client = googleClient(async () => {
    // Loaded when needed: a local run has no use for it.
    const { SecretManagerServiceClient } = await import('@google-cloud/secret-manager');
    if (!apiEndpoint) return new SecretManagerServiceClient();
    const { credentials } = await import('@grpc/grpc-js');
    return new SecretManagerServiceClient({
      ...hostAndPort(apiEndpoint),
      sslCreds: credentials.createInsecure(),
    });
  });
  try {
    const [version] = await (await client.open()).accessSecretVersion({ name }, CALL);
    return Buffer.from(version.payload?.data ?? '').toString('utf8');
  } finally {
    await client.close();
  }
}

function classify(error: unknown, name: string): LoadError {
  const noCredentials = credentialsError(error);
  if (noCredentials) return noCredentials;
  const { code } = error as { code?: number };
  const kind = CODES.get(code) ?? 'SECRET_UNAVAILABLE';
  return new LoadError(kind, `${name}: ${messageOf(error)}`, { context: { grpcCode: code }, cause: error });
}
