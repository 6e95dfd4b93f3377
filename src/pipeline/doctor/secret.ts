import type { SecretRef } from '../objects/index.ts';
import { type Finding, ok, warn } from './finding.ts';

/**
 * What can be said of a password that could be read, without telling it: `echo` leaves a line break
 * behind it.
 */
export function judgeSecret({ kind, name }: SecretRef, value: string): Finding {
  if (value !== value.trim())
    return warn(
      'secret.readable',
      `${name} begins or ends with a space or a line break, which counts`,
      "If that is not meant: printf %s 'PASSWORD' | gcloud secrets versions add SECRET --data-file=-",
    );
  return ok('secret.readable', kind === 'secret' ? name : `${name} is set`);
}
