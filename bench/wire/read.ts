import { openSync, readFileSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createRowSource } from '../../src/adapters/mysql/row-source.ts';
import { createLineWriter } from '../../src/engines/direct/line-writer.ts';
import type { RowSink } from '../../src/pipeline/ports/index.ts';
import { readerStatements } from '../../src/pipeline/source/index.ts';
import { cpuSeconds, peakMemory } from '../processes.ts';

/**
 * Reads through the row source: `read.ts [--tls] [--spec FILE --to FILE] PORT USER SQL`. It counts
 * the rows, or writes them as the lines of a stage.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { tls: { type: 'boolean' }, spec: { type: 'string' }, to: { type: 'string' } },
});
const [port, user = '', sql = ''] = positionals;

const source = createRowSource({
  address: {
    host: '127.0.0.1',
    port: Number(port),
    user,
    tls: { mode: values.tls ? 'required' : 'disabled' },
  },
  password: async () => '',
});
const session = await source.open({ session: readerStatements(), signal: new AbortController().signal });
const { sink, end } = values.spec && values.to ? writing(values.spec, values.to) : counting();
const before = { at: performance.now(), bytes: session.bytesRead, cpu: process.cpuUsage() };
await session.stream(sql, sink);
const rows = end();
const seconds = (performance.now() - before.at) / 1_000;
const used = process.cpuUsage(before.cpu);
const bytes = session.bytesRead - before.bytes;
session.close();
const cpu = (used.user + used.system) / 1e6;
process.stdout.write(
  `${JSON.stringify({ rows, bytes, seconds, cpu, process: cpuSeconds(process.pid), peak: peakMemory(process.pid) })}\n`,
);

function counting(): { sink: RowSink; end: () => number } {
  let count = 0;
  const row = () => {
    count += 1;
  };
  return { sink: { row, whenReady: () => null }, end: () => count };
}

function writing(spec: string, to: string): { sink: RowSink; end: () => number } {
  const file = openSync(to, 'w');
  const writer = createLineWriter({
    spec: JSON.parse(readFileSync(spec, 'utf8')),
    maskKey: null,
    flush: (chunk) => {
      writeSync(file, chunk);
      return chunk;
    },
  });
  const end = () => {
    writer.end();
    return writer.outcome().rows;
  };
  return {
    sink: { row: (buffer, from, until) => writer.row(buffer, from, until), whenReady: () => null },
    end,
  };
}
