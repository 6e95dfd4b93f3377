#!/usr/bin/env bash
# A job id of one's own makes the BigQuery client's retry fail on its own job
#
# Version   @google-cloud/bigquery 9.3.0 with its defaults (autoRetry on), Node 22 or later.
# Guess     Google's pages advise a job id of one's own, so that a lost reply starts no second job. The client retries a POST whose
#           connection broke. So with such an id createJob() ends well: the retry is told 409 "Already Exists", and the client knows
#           that it asked for this very job a moment ago. If anything, it is the call without an id that could go wrong.
# Behaviour The other way round. Without an id the client makes one, takes 409 after a retry for its own job, and asks for it. With an id
#           it rejects with 409, while the job that it has started runs. One job was made in either case: who takes the error for a
#           failure, or for somebody else's job, is wrong.
# Seen      2026-11-27
#             own id: rejected 409, jobs made: 1, inserts sent: 2
#             no id: resolved, jobs made: 1, inserts sent: 2
#
# Needs what lib/servers.sh needs, Node and npm.
. "$(dirname "$0")/lib/servers.sh"
. "$(dirname "$0")/lib/more.sh"

fetch_npm @google-cloud/bigquery@9.3.0
cat > "$WORK/ask.mjs" <<'JS'
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { BigQuery } from '@google-cloud/bigquery';

/** BigQuery's jobs alone; the reply to the first insert is lost after the job was made. */
async function bigQueryThatLosesItsFirstReply() {
  const jobs = [];
  let inserts = 0;
  const server = createServer(async (request, response) => {
    const answer = (status, body) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const resource = (id) => ({
      jobReference: { projectId: 'p', jobId: id, location: 'US' },
      status: { state: 'RUNNING' },
    });
    if (request.method === 'GET') return answer(200, resource(request.url.split('/').at(-1).split('?')[0]));
    const { jobId } = JSON.parse(await text(request)).jobReference;
    inserts += 1;
    if (jobs.includes(jobId)) {
      const message = `Already Exists: Job p:${jobId}`;
      return answer(409, { error: { code: 409, message, errors: [{ reason: 'duplicate', message }] } });
    }
    jobs.push(jobId);
    if (inserts === 1) request.socket.destroy();
    else answer(200, resource(jobId));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { address: `http://127.0.0.1:${server.address().port}`, told: () => [jobs.length, inserts], close };
}

for (const [label, own] of [
  ['own id', { jobId: 'load-2026-11-27' }],
  ['no id', {}],
]) {
  const bigQuery = await bigQueryThatLosesItsFirstReply();
  const client = new BigQuery({ projectId: 'p', location: 'US', apiEndpoint: bigQuery.address });
  const query = { query: 'SELECT 1', useLegacySql: false };
  const outcome = await client.createJob({ ...own, configuration: { query } }).then(
    () => 'resolved',
    (error) => `rejected ${error.code}`,
  );
  const [made, sent] = bigQuery.told();
  console.log(`${label}: ${outcome}, jobs made: ${made}, inserts sent: ${sent}`);
  bigQuery.close();
}
process.exit(0);
JS
node --no-warnings "$WORK/ask.mjs" > "$WORK/seen"
expect 'own id' "$(sed -n 's/^own id: //p' "$WORK/seen")" 'rejected 409, jobs made: 1, inserts sent: 2'
expect 'no id' "$(sed -n 's/^no id: //p' "$WORK/seen")" 'resolved, jobs made: 1, inserts sent: 2'
