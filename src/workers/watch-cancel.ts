import type { Cancellations } from '../redis/cancellations.ts';
import { lookEvery } from './look-every.ts';

const POLL_MS = 1_000;

export interface CancelWatch {
  /** Aborts once a person has asked to cancel. */
  readonly signal: AbortSignal;
  stop(): void;
}

/**
 * Looks for the wish to cancel `name`, first at once, then every second. Redis being away is no
 * wish.
 */
export async function watchCancel(cancellations: Cancellations, name: string): Promise<CancelWatch> {
  const wish = new AbortController();
  const look = async () => {
    if (await cancellations.isRequested(name)) wish.abort(new Error('cancelled'));
  };
  await look();
  return { signal: wish.signal, ...lookEvery(POLL_MS, look, () => undefined) };
}
