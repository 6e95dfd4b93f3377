import type { Capture, Spec } from '../../pipeline/objects/index.ts';
import type { RowSession } from '../../pipeline/ports/index.ts';

/** Who holds the table, raw; null where it cannot be asked. */
export function locksOf(session: RowSession, { queries }: Spec): Promise<Capture | null> {
  const asked = queries.capture.filter(({ name }) => name.startsWith('locks'));
  return session.capture(asked).catch(() => null);
}
