import { LoadError } from '../pipeline/errors/index.ts';
import { messageOf } from './retry.ts';

/**
 * Words of google-auth-library: none found, a named file that is not there, a refused or expired
 * refresh token.
 */
const TROUBLE =
  /could not load the default credentials|the file at .* does not exist, or it is not a file|unable to read the credential file|invalid_grant|invalid_rapt|reauth related error/i;

/**
 * `GOOGLE_CREDENTIALS` where an error of a Google client is about who is asking, not about the
 * service; else null. Terminal also where a metadata server was only briefly away: its absence is
 * remembered for the life of the process (measured), so that only a new one finds it. A service
 * meets it at its first call, as it starts, and exits; what keeps services running starts it again.
 */
export function credentialsError(error: unknown): LoadError | null {
  if (!TROUBLE.test(messageOf(error))) return null;
  return new LoadError('GOOGLE_CREDENTIALS', messageOf(error), { cause: error });
}
