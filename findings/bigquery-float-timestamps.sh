#!/usr/bin/env bash
# BigQuery's Node client reads fractions of seconds before 1970 as another time, up to a second away
#
# Version   @google-cloud/bigquery 9.3.0, Node 22 or later.
# Guess     The API gives TIMESTAMP as seconds in a float's text unless it is asked otherwise, which the client can be told to take
#           ('formatOptions.useInt64Timestamp': false), and BigQuery.timestamp() takes such a number too. A double holds microseconds
#           until the year 2255, so both ways of asking give the same instants; if one is off, then by the last microsecond.
# Behaviour From 1970 on, they do. Before, whole seconds are right and every fraction is wrong: half a second before 1970 is read as half a
#           second after, and earlier instants are late by a microsecond (the client cuts towards zero and then adds half a microsecond). Dates
#           of birth are such instants.
# Seen      2026-11-27
#             1.25 s: 1970-01-01T00:00:01.250Z
#             -0.5 s: 1970-01-01T00:00:00.500001000Z
#             -1 s: 1969-12-31T23:59:59.000Z
#             -1.5 s: 1969-12-31T23:59:58.500001000Z
#             -1.5 s as an answer: 1969-12-31T23:59:58.500001000Z
#             -1500000 µs as an answer: 1969-12-31T23:59:58.500Z
#
# Needs what lib/servers.sh needs, Node and npm.
. "$(dirname "$0")/lib/servers.sh"
. "$(dirname "$0")/lib/more.sh"

fetch_npm @google-cloud/bigquery@9.3.0
cat > "$WORK/ask.mjs" <<'JS'
import { createServer } from 'node:http';
import { BigQuery } from '@google-cloud/bigquery';

for (const seconds of [1.25, -0.5, -1, -1.5]) console.log(seconds, BigQuery.timestamp(seconds).value);

/** BigQuery's jobs.query, whose answer is one TIMESTAMP: a second and a half before 1970, as its API gives it. */
const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const v = JSON.parse(body).formatOptions.useInt64Timestamp ? '-1500000' : '-1.5';
  const schema = { fields: [{ name: 'at', type: 'TIMESTAMP', mode: 'NULLABLE' }] };
  const jobReference = { projectId: 'p', jobId: 'j', location: 'US' };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jobComplete: true, jobReference, schema, totalRows: '1', rows: [{ f: [{ v }] }] }));
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const apiEndpoint = `http://127.0.0.1:${server.address().port}`;
const client = new BigQuery({ projectId: 'p', location: 'US', apiEndpoint });
for (const useInt64Timestamp of [false, true]) {
  const options = { 'formatOptions.useInt64Timestamp': useInt64Timestamp };
  const [[row]] = await client.query({ query: 'SELECT at FROM d.t' }, options);
  console.log(useInt64Timestamp ? 'micros' : 'float', row.at.value);
}
process.exit(0);
JS
node --no-warnings "$WORK/ask.mjs" > "$WORK/seen"
seen() { sed -n "s/^$1 //p" "$WORK/seen"; }
expect '1.25 s' "$(seen 1.25)" 1970-01-01T00:00:01.250Z
expect '-0.5 s' "$(seen -0.5)" 1970-01-01T00:00:00.500001000Z
expect '-1 s' "$(seen -1)" 1969-12-31T23:59:59.000Z
expect '-1.5 s' "$(seen -1.5)" 1969-12-31T23:59:58.500001000Z
expect '-1.5 s as an answer' "$(seen float)" 1969-12-31T23:59:58.500001000Z
expect '-1500000 µs as an answer' "$(seen micros)" 1969-12-31T23:59:58.500Z
