import { toLoadError } from '../pipeline/errors/index.ts';
import type { QueueName } from '../queues/queues.ts';
import type { CommandContext } from './command.ts';

/**
 * Whether a worker of the queue is alive. Redis knows its clients; where the user may not ask for
 * them, the workers' own word counts.
 */
export async function isWorkerAlive(queue: QueueName, context: CommandContext): Promise<boolean> {
  try {
    return (await (await context.queues())[queue].getWorkersCount()) > 0;
  } catch (thrown) {
    if (toLoadError(thrown).code !== 'REDIS_REFUSED') throw thrown;
    const { processes } = await context.machine();
    return processes.alive.some(({ roles }) => roles.includes('worker'));
  }
}
