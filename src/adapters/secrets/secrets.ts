import { LoadError } from '../../pipeline/load-error.ts';
import type { Secrets } from '../../pipeline/ports/secrets.ts';
import { messageOf, type RetrySettings, withRetry } from '../retry.ts';

/** gRPC: INVALID_ARGUMENT, NOT_FOUND, PERMISSION_DENIED, FAILED_PRECONDITION (disabled), UNAUTHENTICATED. */
const TERMINAL_CODES = new Set([3, 5, 7, 9, 16]);

/** `Secrets` from a map of variables (local) or Secret Manager. Values are held by the caller, in memory only. */
export function createSecrets(
  env: Readonly<Record<string, string | undefined>>,
  retry?: RetrySettings,
): Secrets {
  return {
    read: async (reference) => {
      if (reference.kind === 'secret')
        return withRetry(
          () => readSecret(reference.name),
          (error) => classify(error, reference.name),
          { settings: retry },
        );
      const value = env[reference.name];
      if (value === undefined)
        throw new LoadError('SECRET_UNAVAILABLE', `${reference.name} is not set.`, { isTransient: false });
      return value;
    },
  };
}

async function readSecret(name: string): Promise<string> {
  // Loaded when needed: the client looks for credentials, which a local run does not have.
  const { SecretManagerServiceClient } = await import('@google-cloud/secret-manager');
  const client = new SecretManagerServiceClient();
  try {
    const [version] = await client.accessSecretVersion({ name });
    return Buffer.from(version.payload?.data ?? '').toString('utf8');
  } finally {
    await client.close();
  }
}

function classify(error: unknown, name: string): LoadError {
  const { code } = error as { code?: number };
  const isTransient = code === undefined || !TERMINAL_CODES.has(code);
  return new LoadError('SECRET_UNAVAILABLE', `${name}: ${messageOf(error)}`, { isTransient, cause: error });
}
