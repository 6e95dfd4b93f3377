import type { Connection } from 'mysql2/promise';
import { readNumbers } from '../local/arguments.ts';
import { installAll } from '../local/stack/install-all.ts';
import { startStack } from '../local/stack/start-stack.ts';
import { makeTemporaryFolder } from '../local/temporary.ts';
import { quoteIdentifier } from '../src/pipeline/names/index.ts';
import type { MappedColumn } from '../src/pipeline/objects/index.ts';
import { selectQuery, sessionStatements } from '../src/pipeline/source/index.ts';
import { mappedColumns } from './mapped-columns.ts';
import { cpuSeconds, median } from './processes.ts';
import { connect } from './verify/source.ts';

const USAGE = `Usage: npm run bench -- mapping [REPEATS [ROWS]]

What the mapping's SELECT costs MySQL and a client against the plain columns of the same table, one after the other in one
run, on a server of its own. Median of the repeats (5), after one that is not counted; 200000 rows.`;
const [[REPEATS = 5] = [], [ROWS = 200_000] = []] = readNumbers(USAGE, 2);
const TABLE = { schema: 'bench_mapping', table: 'mista' };
/** One column at least of every family of the mapping. */
const COLUMNS = `id BIGINT UNSIGNED PRIMARY KEY, i INT, t TINYINT(1), n DECIMAL(12, 2), n_large DECIMAL(65, 30), f FLOAT, d DOUBLE, y YEAR,
  da DATE, dt DATETIME(6), ts TIMESTAMP NULL, tm TIME(3), c CHAR(20), v VARCHAR(120), v_latin VARCHAR(60) CHARACTER SET latin1, x TEXT,
  e ENUM('ativo', 'inativo'), s SET('a', 'b', 'c'), b VARBINARY(32), bl BLOB, bi BIT(12), j JSON, g POINT`;
const VALUES = `n, n % 100000 - 50000, n % 2, n / 7, n / 7, n / 3, n / 3, 1970 + n % 80,
  '2000-01-01' + INTERVAL n % 9000 DAY, '2000-01-01' + INTERVAL n * 1000003 MICROSECOND, FROM_UNIXTIME(n * 5000), SEC_TO_TIME(n % 86400),
  MD5(n), CONCAT('João "Zé" ', MD5(n), MD5(n + 1)), CONCAT('São ', MD5(n)), REPEAT(MD5(n), 4),
  IF(n % 2, 'ativo', 'inativo'), n % 8, UNHEX(MD5(n)), UNHEX(REPEAT(MD5(n), 8)), n % 4096, JSON_OBJECT('n', n, 't', MD5(n)), POINT(n % 180, n % 90)`;

interface Cost {
  wall: number;
  client: number;
  server: number;
  bytes: number;
}

const say = (line: string) => process.stderr.write(`${line}\n`);
const installed = await installAll(say);
const dataDir = makeTemporaryFolder('adutora-bench-');
const stack = await startStack({ installed, dataDir, ports: 'free', parts: ['mysql'] });
const serverPid = stack.components[0]?.pid ?? 0;
const connection = await connect(stack.env);

try {
  say(`a table of ${shown(ROWS)} rows …`);
  await fill();
  const selects = await selectsOfTable();
  const costs = new Map<string, Cost[]>([...selects.keys()].map((name) => [name, []]));
  for (let repeat = 0; repeat <= REPEATS; repeat += 1) {
    say(repeat === 0 ? 'warming up …' : `repeat ${repeat} of ${REPEATS} …`);
    for (const [name, sql] of selects) {
      const cost = await costOf(sql);
      if (repeat > 0) costs.get(name)?.push(cost);
    }
  }
  for (const [name, all] of costs) process.stdout.write(`${lineOf(name, all)}\n`);
} finally {
  await connection.end();
  await stack.stop();
}

async function fill(): Promise<void> {
  await connection.query(
    `CREATE DATABASE ${TABLE.schema}; USE ${TABLE.schema}; CREATE TABLE ${TABLE.table} (${COLUMNS});
     SET SESSION cte_max_recursion_depth = ${ROWS + 1}, time_zone = '+00:00', sql_mode = '';
     INSERT INTO ${TABLE.table} WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < ${ROWS}) SELECT ${VALUES} FROM r`,
  );
  for (const statement of sessionStatements()) await connection.query(statement);
}

/** Plain columns, the SELECT of a load, and the one of a load with `fingerprint: checksum`. */
async function selectsOfTable(): Promise<Map<string, string>> {
  const { env } = stack;
  const columns = await mappedColumns(TABLE, {
    port: Number(env['MYSQL_PORT']),
    user: env['STACK_MYSQL_ADMIN_USER'] ?? '',
    password: env['STACK_MYSQL_ADMIN_PASSWORD'] ?? '',
  });
  const plain = columns.map((column) => ({ ...column, expression: quoteIdentifier(column.name) }));
  const select = (list: readonly MappedColumn[], fingerprintOf: readonly MappedColumn[] | null = null) =>
    selectQuery(TABLE, list, { fingerprintOf });
  return new Map([
    ['plain columns', select(plain)],
    ["the mapping's SELECT", select(columns)],
    ['with checksums', select(columns, columns)],
  ]);
}

/** Every row read as it comes, bytes left as bytes, so that the client does the same with both. */
async function costOf(sql: string): Promise<Cost> {
  const before = { wall: performance.now(), client: cpuSeconds(process.pid), server: cpuSeconds(serverPid) };
  let rows = 0;
  let bytes = 0;
  for await (const row of streamed(connection, sql)) {
    rows += 1;
    for (const cell of row) bytes += cell?.length ?? 0;
  }
  if (rows !== ROWS) throw new Error(`${rows} rows of ${ROWS}`);
  return {
    wall: (performance.now() - before.wall) / 1_000,
    client: cpuSeconds(process.pid) - before.client,
    server: cpuSeconds(serverPid) - before.server,
    bytes,
  };
}

function streamed(from: Connection, sql: string): AsyncIterable<(Buffer | null)[]> {
  // The promise wrapper has no streams; the connection under it does.
  const { connection: plain } = from as unknown as { connection: import('mysql2').Connection };
  return plain.query({ sql, rowsAsArray: true, typeCast: false }).stream({ highWaterMark: 1_000 });
}

function lineOf(name: string, costs: readonly Cost[]): string {
  const of = (key: keyof Cost) => median(costs.map((one) => one[key]));
  const seconds = (key: keyof Cost) => `${of(key).toFixed(2)} s`.padStart(8);
  return `${name.padEnd(22)} MySQL ${seconds('server')} CPU, client ${seconds('client')} CPU, wall ${seconds('wall')}, ${(of('bytes') / 1e6).toFixed(0)} MB of text`;
}

function shown(count: number): string {
  return count.toLocaleString('en-US');
}
