/**
 * Stages tables as the direct engine does, one after the other, into local files:
 * `stage.ts PORT USER SCHEMA FOLDER TABLE…`, the password in BENCH_PASSWORD. A session a table, a
 * capture that does not wait, one snapshot and its COUNT.
 */

import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRowSource } from '../../src/adapters/mysql/row-source.ts';
import { createLineWriter } from '../../src/engines/direct/line-writer.ts';
import type { TableRef } from '../../src/pipeline/names/index.ts';
import { readerStatements } from '../../src/pipeline/source/index.ts';
import { loadObject, specOf } from '../../test/support/samples.ts';
import { columnsIn } from '../mapped-columns.ts';

const [, , port, user = '', schema = '', folder = '', ...tables] = process.argv;
const { signal } = new AbortController();
const source = createRowSource({
  address: { host: '127.0.0.1', port: Number(port), user, tls: { mode: 'disabled' } },
  password: async () => process.env['BENCH_PASSWORD'] ?? '',
});
for (const table of tables) await stage({ schema, table });

async function stage(table: TableRef): Promise<void> {
  const session = await source.open({ session: readerStatements(), signal });
  const columns = await columnsIn(session, table);
  const spec = specOf(loadObject({ table, columns, engine: 'direct' }));
  await session.ask('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
  const [answer = {}] = await session.ask(spec.queries.count);
  const [counted] = Object.values(answer);
  const file = openSync(join(folder, `${table.table}.csv`), 'wx');
  const flush = (chunk: Buffer) => {
    writeFileSync(file, chunk);
    return chunk;
  };
  const writer = createLineWriter({ spec, maskKey: null, flush });
  await session.stream(spec.queries.select, {
    row: (buffer, start, end) => writer.row(buffer, start, end),
    whenReady: () => null,
  });
  await session.ask('COMMIT');
  writer.end();
  closeSync(file);
  const { rows } = writer.outcome();
  if (rows !== Number(counted)) throw new Error(`${rows} rows of ${counted}`);
  session.close();
}
