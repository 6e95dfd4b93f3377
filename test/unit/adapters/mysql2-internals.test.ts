import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { columns, endPacket, greeting, OK, packet, packets } from '../../support/mysql-packets.ts';

/**
 * What `src/adapters/mysql/row-stream.ts` relies on beside mysql2's API. Where a case fails after
 * an upgrade: read what has changed there, try the rows again, and only then change the case.
 */
const require = createRequire(import.meta.url);
const { version } = require('mysql2/package.json');
const mysql = require('mysql2');
/** A file that its package does not export. */
const inside = (file: string) => require(join(dirname(require.resolve('mysql2')), 'lib', file));
const PacketParser = inside('packet_parser.js');
const Query = inside('commands/query.js');
const Command = inside('commands/command.js');
const BaseConnection = inside('base/connection.js');
const ConnectionConfig = inside('connection_config.js');

/** mysql2 on a stream of our own. */
function connected() {
  const written: Buffer[] = [];
  const stream = new Duplex({
    read: () => undefined,
    write: (bytes, _, done) => {
      written.push(bytes);
      done();
    },
  });
  const connection = mysql.createConnection({ stream });
  connection.on('error', () => undefined);
  return { connection, stream, written, give: (bytes: Buffer) => stream.emit('data', bytes) };
}

describe('mysql2, inside', () => {
  it('is the version that was read', () => {
    const asked = JSON.parse(readFileSync('package.json', 'utf8')).dependencies.mysql2;
    expect([asked, version]).toEqual(['3.24.6', '3.24.6']);
  });

  it('is what was read, where rows are taken', () => {
    const read = [
      PacketParser,
      Command,
      Query.prototype.start,
      Query.prototype.resultsetHeader,
      Query.prototype.readField,
      Query.prototype.fieldsEOF,
      Query.prototype.row,
      Query.prototype.done,
      BaseConnection.prototype.startTLS,
      BaseConnection.prototype.handlePacket,
      BaseConnection.prototype.addCommand,
      BaseConnection.prototype._notifyError,
      BaseConnection.prototype.protocolError,
    ];
    const hash = createHash('sha256').update(read.map(String).join('\n')).digest('hex');
    expect(hash.slice(0, 16)).toBe('98a9627b614ebe97');
  });

  it('asks for packets that end columns and rows, and for no compression', () => {
    expect(ConnectionConfig.getDefaultFlags({})).not.toContain('DEPRECATE_EOF');
    expect(new ConnectionConfig({}).compress).toBe(false);
  });

  it('gives each piece of the stream to the parser that it has then, and takes whole packets one by one', () => {
    const { connection, written, give } = connected();
    const { packetParser } = connection;
    const idle = packetParser.execute;
    expect(idle).toBe(PacketParser.prototype.executeStart);
    const pieces: Buffer[] = [];
    packetParser.execute = (piece: Buffer) => pieces.push(piece);
    give(packet(greeting(false), 0));
    expect(pieces).toEqual([packet(greeting(false), 0)]);
    expect(written).toEqual([]);
    idle.call(packetParser, pieces[0]);
    expect(written).not.toEqual([]);
    expect(packetParser.execute).not.toBe(idle);
  });

  it('waits for rows in a step that can be told from the others, and says when an answer is over', () => {
    const { connection, give } = connected();
    give(packet(greeting(false), 0));
    give(packet(OK, 2));
    const ends: string[] = [];
    const query = connection.query('SELECT', () => undefined);
    query.once('end', () => ends.push('end'));
    const before = packets(columns(2));
    const steps = before.map((bytes) => {
      give(bytes);
      return query.next === query.row;
    });
    expect(steps).toEqual([false, false, false, true]);
    expect(ends).toEqual([]);
    connection.sequenceId = 200;
    give(packet(endPacket(), 200));
    expect(ends).toEqual(['end']);
    const refused = connection.query('SELECT', () => undefined);
    refused.once('end', () => ends.push('error'));
    give(packet(Buffer.from('\xff\x01\x04#42000no', 'latin1'), 1));
    expect(ends).toEqual(['end', 'error']);
  });
});
