import { createRowSource } from '../../src/adapters/mysql/row-source.ts';
import { readerStatements } from '../../src/pipeline/source/index.ts';
import { cpuSeconds, peakMemory } from '../processes.ts';

/** Reads through the row source, and counts: `read.ts disabled|required PORT USER SQL`. */
const [, , tls, port, user = '', sql = ''] = process.argv;

const source = createRowSource({
  address: {
    host: '127.0.0.1',
    port: Number(port),
    user,
    tls: { mode: tls === 'required' ? tls : 'disabled' },
  },
  password: async () => '',
});
const session = await source.open({ session: readerStatements(), signal: new AbortController().signal });
let rows = 0;
const before = { at: performance.now(), bytes: session.bytesRead, cpu: process.cpuUsage() };
await session.stream(sql, {
  row: () => {
    rows += 1;
  },
  whenReady: () => null,
});
const seconds = (performance.now() - before.at) / 1_000;
const used = process.cpuUsage(before.cpu);
const bytes = session.bytesRead - before.bytes;
session.close();
const cpu = (used.user + used.system) / 1e6;
process.stdout.write(
  `${JSON.stringify({ rows, bytes, seconds, cpu, process: cpuSeconds(process.pid), peak: peakMemory(process.pid) })}\n`,
);
