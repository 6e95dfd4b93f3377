import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createRowSource } from '../../src/adapters/mysql/row-source.ts';
import type { RowSession, RowSink } from '../../src/pipeline/ports/row-source.ts';
import { readerStatements, sessionStatements } from '../../src/pipeline/source/index.ts';
import { decodeRow, FULL, type Value } from '../support/mysql-packets.ts';
import { READERS, type ReaderWorld } from '../support/reader-worlds.ts';
import { createSchema } from '../support/stack-env.ts';
import { chanceOf, randomColumns, randomTable } from '../support/values/random.ts';
import { NO_RETRY, pause, until } from '../support/wait.ts';

/** Rows of `larga`, more in all than any buffer between server and reader holds. */
const ROWS = 60_000;

describe.each(READERS)('row source, $name', ({ start }) => {
  let world: ReaderWorld;
  let admin: Connection;
  let schema: Awaited<ReturnType<typeof createSchema>>;
  beforeAll(async () => {
    world = await start();
    schema = await createSchema(world.connect);
    admin = await world.connect({ database: schema.name });
    for (const statement of sessionStatements()) await admin.query(statement);
    const digits =
      '(SELECT 0 AS d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5)';
    await admin.query('CREATE TABLE larga (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(1000))');
    await admin.query(
      `INSERT INTO larga (v) SELECT REPEAT('x', 1000) FROM ${'abcdefg'
        .split('')
        .map((name) => `${digits} ${name}`)
        .join(', ')} LIMIT ${ROWS}`,
    );
  });
  afterAll(async () => {
    await admin?.end();
    await schema?.drop();
    await world?.stop();
  });

  const open = async (session = readerStatements()) => {
    const abort = new AbortController();
    const source = createRowSource({
      address: world.address,
      password: async () => world.password,
      retry: NO_RETRY,
    });
    const opened = await source.open({ session, signal: abort.signal });
    onTestFinished(() => opened.close());
    const [row] = await opened.ask('SELECT CONNECTION_ID() AS id');
    return { session: opened, abort, id: String(row?.['id']) };
  };

  /** Streams, and gives all values. */
  const rowsOf = async (session: RowSession, sql: string): Promise<Value[][]> => {
    const rows: Value[][] = [];
    await session.stream(
      sql,
      sink((row) => rows.push(decodeRow(row))),
    );
    return rows;
  };
  /** What mysql2's own reading gives of the same. */
  const asBuffers = async (sql: string) => {
    const [rows] = await admin.query({ sql, rowsAsArray: true, typeCast: (field) => field.buffer() });
    return rows;
  };
  const larga = () => `SELECT * FROM ${schema.name}.larga`;
  const hasEnded = (id: string) => async () => {
    const [rows] = await admin.query('SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = ?', [id]);
    return (rows as unknown[]).length === 0;
  };

  it.each([1, 2, 3])('gives values of all kinds as an ordinary query does (%i)', async (seed) => {
    const chance = chanceOf(seed);
    const columns = randomColumns(chance, 'c', world.flavour);
    for (const statement of randomTable(`acaso_${seed}`, columns, { chance, rows: 300 }))
      await admin.query(statement);
    const { session } = await open();
    const table = `${schema.name}.acaso_${seed}`;
    const plain = await rowsOf(session, `SELECT * FROM ${table} ORDER BY id`);
    expect(plain).toHaveLength(300);
    expect(plain).toEqual(await asBuffers(`SELECT * FROM ${table} ORDER BY id`));
    const raws = columns.map(({ raw }) => raw).join(', ');
    expect(await rowsOf(session, `SELECT ${raws} FROM ${table}`)).toEqual(
      await asBuffers(`SELECT ${raws} FROM ${table}`),
    );
  });

  it('gives plain numbers, times and texts in the text that a CAST gives', async () => {
    await admin.query(`CREATE TABLE simples (i BIGINT UNSIGNED, n DECIMAL(20, 6), d DATE, t DATETIME(6), s TIMESTAMP(3) NULL,
      h TIME(2), y YEAR, c CHAR(9) CHARACTER SET latin1, v VARCHAR(99) CHARACTER SET utf8mb4)`);
    await admin.query(`INSERT INTO simples VALUES
      (18446744073709551615, -0.5, '2024-02-29', '9999-12-31 23:59:59.999999', '2001-01-01 00:00:00.5', '-838:59:59', 1901, 'ação', '🜚 "x"'),
      (0, 99999999999999.999999, '0001-01-01', '0001-01-01', NULL, '00:00:00.01', 2155, '', NULL)`);
    const { session } = await open();
    const from = `FROM ${schema.name}.simples`;
    const casts = ['i', 'n', 'd', 't', 's', 'h', 'y', 'c', 'v'].map(
      (name) => `CONVERT(CAST(${name} AS CHAR) USING utf8mb4) AS ${name}`,
    );
    const cast = await session.ask(`SELECT ${casts.join(', ')} ${from}`);
    const plain = await rowsOf(session, `SELECT * ${from}`);
    expect(plain.map((row) => row.map((value) => value?.toString() ?? null))).toEqual(
      cast.map((row) => Object.values(row)),
    );
  });

  it('goes on behind an answer whose columns are named as no object should name them', async () => {
    const { session } = await open();
    const answer = await session.capture([
      {
        name: 'whole',
        sql: 'SELECT 1 AS `__proto__`, 2 AS `constructor` LIMIT 0',
        isOptional: true,
        delayMs: 0,
      },
    ]);
    expect(answer).toEqual({ whole: { rows: [] } });
    expect(await session.ask('SELECT 1 AS one')).toEqual([{ one: '1' }]);
    expect(await rowsOf(session, 'SELECT 1 AS `__proto__`')).toHaveLength(1);
  });

  it('gives a value of many packets', async () => {
    const { session } = await open();
    const sizes = [FULL - 5, FULL - 4, FULL - 3, FULL, FULL + 1, 40_000_000];
    for (const size of sizes) {
      const rows = await rowsOf(
        session,
        `SELECT REPEAT('x', ${size}), 'behind' UNION ALL SELECT 'next', NULL`,
      );
      expect(rows.map((row) => row.map((value) => value?.length ?? null))).toEqual([
        [size, 6],
        [4, null],
      ]);
      expect(rows[0]?.[0]?.every((byte) => byte === 0x78)).toBe(true);
    }
  });

  it('reads in a transaction, and goes on with the connection', async () => {
    const { session } = await open();
    await session.ask('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
    await admin.query("INSERT INTO larga VALUES (1000000, 'later')");
    const [count] = await session.ask(`SELECT COUNT(*) AS n FROM ${schema.name}.larga`);
    let rows = 0;
    await session.stream(
      larga(),
      sink(() => {
        rows += 1;
      }),
    );
    await session.ask('COMMIT');
    const query = {
      name: 'after',
      sql: `SELECT COUNT(*) AS n FROM ${schema.name}.larga`,
      isOptional: false,
      delayMs: 0,
    };
    expect([count?.['n'], rows]).toEqual([String(ROWS), ROWS]);
    expect(await session.capture([query])).toEqual({ after: { rows: [{ n: String(ROWS + 1) }] } });
    expect(session.bytesRead).toBeGreaterThan(ROWS * 1_000);
    await admin.query('DELETE FROM larga WHERE id = 1000000');
  });

  it('lets the server wait for a slow sink, and gets every row', async () => {
    const { session, id } = await open();
    const gated = gatedSink();
    const streamed = session.stream(larga(), gated.sink);
    await until(async () => {
      const before = session.bytesRead;
      await pause(300);
      return before > 0 && session.bytesRead === before;
    });
    expect(gated.rows()).toBeLessThan(ROWS / 2);
    expect(await hasEnded(id)()).toBe(false);
    gated.open();
    await streamed;
    expect(gated.rows()).toBe(ROWS);
  });

  it('is told when the server has no more patience with a sink', async () => {
    const { session, id } = await open([...readerStatements(), 'SET SESSION net_write_timeout = 1']);
    const gated = gatedSink();
    const streamed = session.stream(larga(), gated.sink);
    streamed.catch(() => undefined);
    await until(hasEnded(id));
    gated.open();
    await expect(streamed).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
  });

  it.each([
    ['KILL', 'SOURCE_UNREACHABLE', false],
    ['KILL QUERY', 'SOURCE_BUSY', true],
  ])('ends with the code of a %s in the midst of rows: %s', async (kill, code, goesOn) => {
    const { session, id } = await open();
    const gated = gatedSink();
    const streamed = session.stream(larga(), gated.sink);
    streamed.catch(() => undefined);
    await until(async () => gated.rows() > 0);
    await admin.query(`${kill} ${id}`);
    gated.open();
    await expect(streamed).rejects.toMatchObject({ code });
    expect(gated.rows()).toBeLessThan(ROWS);
    const after = session.ask('SELECT 1 AS one');
    if (goesOn) expect(await after).toEqual([{ one: '1' }]);
    else await expect(after).rejects.toMatchObject({ code });
  });

  it.each([
    ['KILL', 'SOURCE_UNREACHABLE'],
    ['KILL QUERY', 'SOURCE_BUSY'],
  ])('ends with the code of a %s before the first row: %s', async (kill, code) => {
    const { session, id } = await open();
    const crossed = `SELECT COUNT(*) FROM ${schema.name}.larga a JOIN ${schema.name}.larga b ON a.v <> b.v`;
    const streamed = session.stream(
      crossed,
      sink(() => undefined),
    );
    streamed.catch(() => undefined);
    await until(async () => {
      const [rows] = await admin.query(
        'SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = ? AND INFO = ?',
        [id, crossed],
      );
      return (rows as unknown[]).length > 0;
    });
    await admin.query(`${kill} ${id}`);
    await expect(streamed).rejects.toMatchObject({ code });
  });

  it('is cut by an abort, and the server stops sending', async () => {
    const { session, abort, id } = await open();
    const streamed = session.stream(larga(), {
      row: () => undefined,
      whenReady: () => new Promise(() => undefined),
    });
    setTimeout(() => abort.abort(new Error('shutdown')), 100);
    await expect(streamed).rejects.toThrow('shutdown');
    await until(hasEnded(id));
  });

  it('fails to open with the codes of the source', async () => {
    const signal = new AbortController().signal;
    const wrong = createRowSource({ address: world.address, password: async () => 'wrong', retry: NO_RETRY });
    await expect(wrong.open({ session: [], signal })).rejects.toMatchObject({ code: 'SOURCE_ACCESS_DENIED' });
    await expect(open(['SET SESSION no_such_variable = 1'])).rejects.toMatchObject({
      code: 'SOURCE_STATEMENT_REFUSED',
    });
    const { session } = await open();
    await expect(
      session.stream(
        `SELECT * FROM ${schema.name}.gone`,
        sink(() => undefined),
      ),
    ).rejects.toMatchObject({
      code: 'SOURCE_TABLE_GONE',
    });
    expect(await session.ask('SELECT 1 AS one')).toEqual([{ one: '1' }]);
  });
});

/** A sink that can always take more. */
function sink(row: (payload: Buffer) => void): RowSink {
  return { row: (buffer, start, end) => row(buffer.subarray(start, end)), whenReady: () => null };
}

/** A sink that counts rows, and takes no more than a batch of them until it is opened. */
function gatedSink() {
  const { promise, resolve: open } = Promise.withResolvers<void>();
  let rows = 0;
  const counting: RowSink = {
    row: () => {
      rows += 1;
    },
    whenReady: () => promise,
  };
  return { sink: counting, rows: () => rows, open };
}
