import { jobIdPrefix } from '../../names/index.ts';
import type { LoadObject } from '../../objects/index.ts';
import type { DestinationFacts, PublishJob } from '../../ports/index.ts';
import type { LoadDeps } from '../load-deps.ts';

/**
 * Google does not say whether a table's time of change may lie behind the end of the job that made
 * it; more than this it does not.
 */
const MAX_LAG_MS = 1_000;

/**
 * Whether a table's last change is that of our own job, and nobody else's. By BigQuery's own clock
 * it must lie within the job; a little behind its end only where the list of jobs shows that nobody
 * else was at work. Whatever is not proven is not ours: its table loads once more.
 */
export async function isOwnStamp(
  input: {
    load: Pick<LoadObject, 'sourceId' | 'destination'>;
    facts: DestinationFacts | null;
    job: PublishJob;
  },
  { destination }: Pick<LoadDeps, 'destination'>,
): Promise<boolean> {
  const { load, facts, job } = input;
  const { startedAt: since, endedAt } = job;
  if (!facts || !since || !endedAt) return false;
  const stamp = stampWithin({ facts, since, endedAt });
  if (stamp === 'foreign') return false;
  const own = [jobIdPrefix(load.sourceId)];
  const others = await destination.otherWriters({ destination: load.destination, since, own });
  return others === 'none' || (others !== 'named' && stamp === 'within');
}

/**
 * Where the table's time of change lies: within the job, a little behind it, or where only
 * another's can. Pure.
 */
export function stampWithin(input: {
  facts: Pick<DestinationFacts, 'lastModified' | 'hasStreamingBuffer'>;
  since: string;
  endedAt: string;
}): 'within' | 'behind' | 'foreign' {
  const { lastModified, hasStreamingBuffer } = input.facts;
  const [at, start, end] = [lastModified, input.since, input.endedAt].map((time) => Date.parse(time));
  if (hasStreamingBuffer || at === undefined || start === undefined || end === undefined) return 'foreign';
  if (at < start) return 'foreign';
  if (at <= end) return 'within';
  return at <= end + MAX_LAG_MS ? 'behind' : 'foreign';
}
