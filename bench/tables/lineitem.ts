import type { BenchTable } from './fill-table.ts';
import { date, digits, randomOf, time, words } from './random-values.ts';

const COLUMNS = `id BIGINT NOT NULL PRIMARY KEY, l_orderkey BIGINT NOT NULL, l_partkey INT NOT NULL, l_linenumber INT NOT NULL,
  l_quantity DECIMAL(15, 2) NOT NULL, l_extendedprice DECIMAL(15, 2) NOT NULL, l_discount DECIMAL(15, 2) NOT NULL,
  l_tax DECIMAL(15, 2) NOT NULL, l_returnflag CHAR(1) NOT NULL, l_linestatus CHAR(1) NOT NULL, l_shipdate DATE NOT NULL,
  l_commitdate DATE NOT NULL, l_receiptdate DATE NOT NULL, l_shipinstruct CHAR(25) NOT NULL, l_shipmode CHAR(10) NOT NULL,
  updated_at DATETIME(6) NOT NULL, l_comment VARCHAR(44) NOT NULL`;
const INSTRUCTIONS = ['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'] as const;
const MODES = ['REG AIR', 'AIR', 'RAIL', 'SHIP', 'TRUCK', 'MAIL', 'FOB'] as const;

/** A table of 17 columns like TPC-H's `lineitem`. */
export function lineitem(name: string, rows: number, seed = 42): BenchTable {
  const random = randomOf(seed);
  const row = (id: number) => {
    const day = random(2_400);
    const received = date(day + 1 + random(150));
    const quantity = 1 + random(50);
    return [
      ...[id, Math.floor(id / 4) * 8 + (id % 4), 1 + random(200_000), 1 + random(7), `${quantity}.00`],
      `${900 + quantity * random(2_000)}.${digits(random(100), 2)}`,
      ...[`0.${digits(random(11), 2)}`, `0.${digits(random(9), 2)}`],
      ...['ANR'.charAt(random(3)), 'OF'.charAt(random(2))],
      ...[date(day + 1 + random(120)), date(day + 30 + random(60)), received],
      ...[INSTRUCTIONS[random(4)] ?? '', MODES[random(7)] ?? ''],
      ...[`${received} ${time(random)}`, words(22 + random(22), random)],
    ];
  };
  return { name, columns: COLUMNS, rows, row };
}

/** Small tables like it, of 100 to 5,000 rows: `t000`, `t001` … */
export function smallTables(schema: string, count: number): BenchTable[] {
  return Array.from({ length: count }, (_, index) =>
    lineitem(`${schema}.t${digits(index, 3)}`, 100 + ((index * 7_919) % 4_901), index),
  );
}
