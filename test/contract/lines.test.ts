import type { Connection, ConnectionOptions } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decideLoad } from '../support/decide-load.ts';
import { differenceOf, readLines } from '../support/lines/both-readings.ts';
import { connectTo, type PrivateServer, startPrivateServer } from '../support/private-server.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { seedsOf } from '../support/seed.ts';
import { SERVERS, type ServerName } from '../support/servers.ts';
import { connectAsAdmin } from '../support/stack-env.ts';
import { tableOf, type ValueColumn } from '../support/values/cells.ts';
import { EXCLUDED, HIDDEN, MASKED } from '../support/values/masked.ts';
import { chanceOf, type RandomColumn, randomColumns, randomTable } from '../support/values/random.ts';
import { columnsOf } from '../support/values/server-columns.ts';
import { givePassword, rulesText } from '../support/values/server-values.ts';

const RANDOM = seedsOf(3).map((seed, index) => ({ seed, table: `acaso_${index}`, prefix: `t${index}` }));
/** What lies at the edges of the tests that are made here or there. */
const EDGES: readonly ValueColumn[] = [
  {
    name: 'e_tm',
    ddl: 'TIME',
    cells: [
      ["'24:00:00'", ''],
      ["'23:59:59'", ''],
      ["'-00:00:00'", ''],
      ["'100:00:00'", ''],
    ],
  },
  {
    name: 'e_tf',
    ddl: 'TIME(6)',
    cells: [
      ["'-00:00:00.000001'", ''],
      ["'23:59:59.999999'", ''],
      ["'-838:59:59'", ''],
    ],
  },
  {
    name: 'e_dc',
    ddl: 'DECIMAL(65,9)',
    rule: '{ bigDecimals: error }',
    cells: [
      [`'-1${'0'.repeat(38)}'`, ''],
      [`'${'9'.repeat(38)}.9'`, ''],
      ["'-0.1'", ''],
    ],
  },
  {
    name: 'e_dp',
    ddl: 'DECIMAL(65,9)',
    cells: [
      [`'1${'0'.repeat(38)}.5'`, ''],
      [`'-${'9'.repeat(38)}.9'`, ''],
      ["'-0'", ''],
    ],
  },
  {
    name: 'e_da',
    ddl: 'DATE',
    rule: '{ invalidDates: error }',
    cells: [
      ["'2024-02-30'", ''],
      ["'0000-00-00'", ''],
      ["'1900-02-29'", ''],
    ],
  },
  {
    name: 'e_bl',
    ddl: 'LONGBLOB',
    cells: [
      ["REPEAT(X'00FF2122', 100000)", ''],
      ["'!'", ''],
      ["''", ''],
    ],
  },
  {
    name: 'e_lt',
    ddl: 'LONGTEXT CHARACTER SET latin1',
    cells: [
      ["REPEAT('\"ção ', 100000)", ''],
      ["CONCAT(REPEAT('a', 70000), '\"')", ''],
    ],
  },
  { name: 'e_bi', ddl: 'BINARY(8)', rule: '{ mask: truncate(3) }', cells: [["X'FF'", '']] },
];

interface World {
  name: ServerName;
  changes: Record<string, string>;
  connect(options?: ConnectionOptions): Promise<Connection>;
  stop(): Promise<void>;
}

async function onMariadb(): Promise<World> {
  const server: PrivateServer = await startPrivateServer('mariadb-10.11');
  await givePassword(server);
  return {
    name: 'mariadb-10.11',
    changes: { MYSQL_PORT: String(server.port) },
    connect: (options) => connectTo(server, options),
    stop: server.stop,
  };
}

describe.each<{ label: string; start: () => Promise<World> }>([
  {
    label: 'MySQL',
    start: async () => ({
      name: 'mysql-8.0',
      changes: {},
      connect: connectAsAdmin,
      stop: async () => undefined,
    }),
  },
  { label: 'MariaDB', start: onMariadb },
])('plain columns of $label, through the line writer', ({ start }) => {
  let world: World;
  let sandbox: Sandbox;
  beforeAll(async () => {
    world = await start();
    const admin = await world.connect();
    const columns = await columnsOf(world.name, admin).finally(() => admin.end());
    const flavour = SERVERS[world.name].name;
    const random = RANDOM.map(({ seed, table, prefix }) => {
      const chance = chanceOf(seed);
      return { table, chance, columns: randomColumns(chance, prefix, flavour) };
    });
    const ruled = [...columns, ...MASKED, ...HIDDEN, ...EXCLUDED, ...EDGES];
    const randomRules: readonly RandomColumn[] = random.flatMap((one) => one.columns);
    sandbox = await openSandbox(
      world.changes,
      `${rulesText(ruled, randomRules)}    e_cpf: { mask: hmac }\n`,
      world.connect,
    );
    const statements = [
      ...tableOf('tortura', columns),
      ...tableOf('escondida', [...MASKED, ...HIDDEN, ...EXCLUDED]),
      ...tableOf('limites', EDGES),
      ...random.flatMap(({ table, columns: own, chance }) => randomTable(table, own, { chance, rows: 300 })),
      'CREATE TABLE chaves (dia DATE, e_cpf CHAR(11), b BINARY(2), t TIME, PRIMARY KEY (dia, e_cpf, b))',
      "INSERT INTO chaves VALUES ('2024-02-31', '1', X'FF00', '24:00:00'), ('2024-03-01', '2', 'a', '-00:00:01')",
    ];
    for (const statement of statements) await sandbox.admin.query(statement);
  });
  afterAll(async () => {
    await sandbox?.close();
    await world?.stop();
  });

  it.each(['tortura', 'escondida', 'limites', 'chaves', ...RANDOM.map(({ table }) => table)])(
    '%s gives the lines, counts and errors of the casting SELECT',
    async (table) => {
      const load = await decideLoad(sandbox, table);
      expect(load.refusal).toBeNull();
      const cast = await readLines(sandbox, { load, engine: 'dataproc' });
      const plain = await readLines(sandbox, { load, engine: 'direct' });
      expect(plain.spec.queries.select).not.toBe(cast.spec.queries.select);
      expect(cast.lines.length).toBeGreaterThan(0);
      expect(differenceOf(plain.lines, cast.lines)).toBeNull();
      expect(plain.outcome).toEqual(cast.outcome);
    },
  );

  it('reads every kind of cell', async () => {
    const load = await decideLoad(sandbox, 'tortura');
    const { spec } = await readLines(sandbox, { load, engine: 'direct' });
    expect(new Set(spec.columns.map(({ cell }) => cell))).toEqual(
      new Set(['text', 'date', 'time', 'decimal', 'base64']),
    );
  });
});
