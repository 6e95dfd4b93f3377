/** Bull Board's pages: one and the same file, which asks for everything else. */
export const PAGES = ['/', '/job-schedulers', '/queue/:queueName', '/queue/:queueName/:jobId'];

/** What may be read, in Bull Board's own words: its method and its route. */
export const READS: ReadonlySet<string> = new Set([
  'get /api/queues',
  'get /api/job-schedulers',
  'get /api/queues/:queueName/metrics',
  'get /api/queues/:queueName/default-job-options',
  'get /api/queues/:queueName/workers',
  'get /api/queues/:queueName/rate-limit',
  'get /api/queues/:queueName/job-data-schema',
  'get /api/queues/:queueName/:jobId',
  'get /api/queues/:queueName/:jobId/logs',
  'get /api/queues/:queueName/:jobId/flow',
]);

/**
 * What may be done, to jobs of `ingest` in one state alone: loads are repeated from their own
 * objects, everything else by the commands.
 */
export const WRITES: ReadonlyMap<string, { action: string; state: 'failed' | 'delayed' }> = new Map([
  ['put /api/queues/:queueName/:jobId/retry', { action: 'retry', state: 'failed' }],
  ['put /api/queues/:queueName/retry/:queueStatus', { action: 'retry all', state: 'failed' }],
  ['put /api/queues/:queueName/:jobId/promote', { action: 'promote', state: 'delayed' }],
  ['put /api/queues/:queueName/promote', { action: 'promote all', state: 'delayed' }],
]);
const WRITABLE_QUEUE = 'ingest';

/**
 * A call as Bull Board has understood it: the route that it will serve, not the shape of a path.
 */
export interface BoardCall {
  method: string;
  route: string;
  params: Readonly<Record<string, string | undefined>>;
}

/** The call as the lists above name it. */
export const nameOf = ({ method, route }: BoardCall) => `${method.toLowerCase()} ${route}`;

/**
 * Why a call is refused, or null. What a newer Bull Board can do beyond the lists above is refused.
 */
export async function refusalOf(
  call: BoardCall,
  board: { isReadOnly: boolean; stateOf(job: string): Promise<string> },
): Promise<{ status: 403 | 405 | 409; message: string } | null> {
  const { params } = call;
  const name = nameOf(call);
  if (READS.has(name)) return null;
  const write = WRITES.get(name);
  if (!write) return { status: 405, message: NOT_HERE };
  if (board.isReadOnly) return { status: 403, message: 'This board only shows (BOARD_READ_ONLY).' };
  if (params['queueName'] !== WRITABLE_QUEUE) return { status: 405, message: NOT_HERE };
  const { jobId, queueStatus } = params;
  const state = queueStatus ?? (jobId === undefined ? write.state : await board.stateOf(jobId));
  // One that is not there is Bull Board's own 404.
  if (state === write.state || state === 'unknown') return null;
  return { status: 409, message: `It is ${state}; ${write.action} is for what is ${write.state}.` };
}

export const NOT_HERE = 'Not allowed on the board. Load tables with: npm run enqueue -- table=…';
