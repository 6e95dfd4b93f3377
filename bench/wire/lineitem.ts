import { Readable } from 'node:stream';
import type { Connection } from 'mysql2/promise';

const ROWS_OF_A_PIECE = 2_000;
const COLUMNS = `id BIGINT NOT NULL PRIMARY KEY, l_orderkey BIGINT NOT NULL, l_partkey INT NOT NULL, l_linenumber INT NOT NULL,
  l_quantity DECIMAL(15, 2) NOT NULL, l_extendedprice DECIMAL(15, 2) NOT NULL, l_discount DECIMAL(15, 2) NOT NULL,
  l_tax DECIMAL(15, 2) NOT NULL, l_returnflag CHAR(1) NOT NULL, l_linestatus CHAR(1) NOT NULL, l_shipdate DATE NOT NULL,
  l_commitdate DATE NOT NULL, l_receiptdate DATE NOT NULL, l_shipinstruct CHAR(25) NOT NULL, l_shipmode CHAR(10) NOT NULL,
  updated_at DATETIME(6) NOT NULL, l_comment VARCHAR(44) NOT NULL`;
const INSTRUCTIONS = ['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'];
const MODES = ['REG AIR', 'AIR', 'RAIL', 'SHIP', 'TRUCK', 'MAIL', 'FOB'];
const WORDS =
  'carefully final deposits quickly ironic packages furiously regular accounts sleep above blithely express requests haggle pending theodolites bold foxes ação según naïve even slyly unusual pinto beans the among instructions'.split(
    ' ',
  );

/**
 * Makes a table of 17 columns like TPC-H's `lineitem`, the same at every call. The server must
 * allow LOAD DATA LOCAL.
 */
export async function createLineitem(connection: Connection, table: string, rows: number): Promise<void> {
  await connection.query(`CREATE TABLE ${table} (${COLUMNS})`);
  await connection.query({
    sql: `LOAD DATA LOCAL INFILE 'rows' INTO TABLE ${table} CHARACTER SET utf8mb4`,
    infileStreamFactory: () => Readable.from(pieces(rows), { objectMode: false }),
  });
  await connection.query(`ANALYZE TABLE ${table}`);
}

function* pieces(rows: number): Generator<Buffer> {
  const random = numbers(42);
  for (let first = 1; first <= rows; first += ROWS_OF_A_PIECE) {
    const count = Math.min(ROWS_OF_A_PIECE, rows - first + 1);
    yield Buffer.from(Array.from({ length: count }, (_, index) => line(first + index, random)).join(''));
  }
}

function line(id: number, random: (limit: number) => number): string {
  const day = random(2_400);
  const received = date(day + 1 + random(150));
  const quantity = 1 + random(50);
  const two = (limit: number) => String(random(limit)).padStart(2, '0');
  const values = [
    ...[id, Math.floor(id / 4) * 8 + (id % 4), 1 + random(200_000), 1 + random(7), `${quantity}.00`],
    ...[`${900 + quantity * random(2_000)}.${two(100)}`, `0.${two(11)}`, `0.${two(9)}`],
    ...[
      'ANR'[random(3)],
      'OF'[random(2)],
      date(day + 1 + random(120)),
      date(day + 30 + random(60)),
      received,
    ],
    ...[INSTRUCTIONS[random(4)], MODES[random(7)]],
    `${received} ${two(24)}:${two(60)}:${two(60)}.${String(random(1_000_000)).padStart(6, '0')}`,
    comment(22 + random(22), random),
  ];
  return `${values.join('\t')}\n`;
}

function comment(bytes: number, random: (limit: number) => number): string {
  let text = '';
  for (;;) {
    const longer = `${text}${text && ' '}${WORDS[random(WORDS.length)]}`;
    if (Buffer.byteLength(longer) > bytes) return text;
    text = longer;
  }
}

function date(day: number): string {
  return new Date(Date.UTC(1992, 0, 1 + day)).toISOString().slice(0, 10);
}

/** Whole numbers below a limit, the same for the same seed (mulberry32). */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}
