import { Readable } from 'node:stream';
import type { Connection } from 'mysql2/promise';
import type { Flavour } from '../../../src/pipeline/objects/run.ts';
import type { MemoryDestination } from '../fakes/memory-destination.ts';

/** What one event must do to verify's decisions. */
export interface EventCase {
  name: string;
  /** SQL in a schema of the case's own, long before the event. */
  before: string;
  /** SQL, or what a script or a person does. */
  event:
    | string
    | ((context: { admin: Connection; schema: string; destination: MemoryDestination }) => Promise<unknown>);
  /**
   * Table → `decision reason` after the event; more than one where the second hand decides. Tables
   * not named: `skip unchanged`.
   */
  expected: Record<string, string | string[]>;
  /** Where MariaDB differs. */
  onMariadb?: Record<string, string | string[]>;
  /** Tables that load every night, touched or not. */
  neverKnown?: readonly string[];
  only?: Flavour;
}

const ROWS = "INSERT INTO t (v, s) VALUES (1, 'a'), (2, 'b'), (3, 'c');";
const table = (name: string, options = 'ENGINE=InnoDB') =>
  `CREATE TABLE ${name} (id INT PRIMARY KEY AUTO_INCREMENT, v INT, s VARCHAR(50)) ${options};`;
const PLAIN = table('t') + ROWS;
const PARTITIONED = `CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v INT, s VARCHAR(50)) ENGINE=InnoDB
 PARTITION BY RANGE (id) (PARTITION p1 VALUES LESS THAN (3), PARTITION p2 VALUES LESS THAN (100));${ROWS}`;
const FAMILY = `${PLAIN} CREATE TABLE child (id INT PRIMARY KEY, t_id INT, CONSTRAINT fk FOREIGN KEY (t_id) REFERENCES t (id)
 ON DELETE CASCADE ON UPDATE CASCADE) ENGINE=InnoDB; INSERT INTO child VALUES (1, 1), (2, 2);`;
const TWO = `${PLAIN}${table('other')} INSERT INTO other (v, s) VALUES (9, 'z');`;

const WRITTEN = { t: 'load changed_update_time' };
const STORAGE = { t: 'load changed_storage' };
const COLUMNS = { t: 'load changed_columns' };
const REBUILT = { t: 'load changed_create_time' };
const NOTHING = {};
/** Told every night, until a person acknowledges it. */
export const GONE = 'skip gone_from_listing';

type Row = [string, string, EventCase['event'], EventCase['expected'], Partial<EventCase>?];

const WRITES: Row[] = [
  ['INSERT', PLAIN, 'INSERT INTO t (v) VALUES (4)', WRITTEN],
  ['UPDATE', PLAIN, 'UPDATE t SET v = v + 1', WRITTEN],
  ['DELETE', PLAIN, 'DELETE FROM t WHERE id = 1', WRITTEN],
  ['REPLACE', PLAIN, 'REPLACE INTO t (id, v) VALUES (1, 77)', WRITTEN],
  [
    'a transaction of many statements',
    PLAIN,
    'BEGIN; UPDATE t SET v = 9; SAVEPOINT a; DELETE FROM t; ROLLBACK TO a; COMMIT',
    WRITTEN,
  ],
  [
    'an XA transaction',
    PLAIN,
    "XA START 'm'; UPDATE t SET v = 8; XA END 'm'; XA PREPARE 'm'; XA COMMIT 'm'",
    WRITTEN,
  ],
  [
    'a write from a session in another zone',
    PLAIN,
    "SET time_zone = '+09:00'; UPDATE t SET v = 5; SET time_zone = SYSTEM",
    WRITTEN,
  ],
  ['rollback', PLAIN, 'BEGIN; UPDATE t SET v = 9; ROLLBACK', NOTHING],
  ['no-op update', PLAIN, 'UPDATE t SET v = v', NOTHING],
  ['an update of no row', PLAIN, 'UPDATE t SET v = 9 WHERE id = 999', NOTHING],
  ['DML in one partition', PARTITIONED, 'UPDATE t SET v = 9 WHERE id = 1', WRITTEN],
  [
    'FK ON DELETE CASCADE',
    FAMILY,
    'DELETE FROM t WHERE id = 1',
    { ...WRITTEN, child: 'load changed_update_time' },
  ],
  [
    'FK ON UPDATE CASCADE',
    FAMILY,
    'UPDATE t SET id = 50 WHERE id = 1',
    { ...WRITTEN, child: 'load changed_update_time' },
  ],
  [
    'a write by a trigger',
    `${TWO} CREATE TRIGGER r AFTER INSERT ON t FOR EACH ROW INSERT INTO other (v) VALUES (NEW.v)`,
    'INSERT INTO t (v) VALUES (4)',
    { ...WRITTEN, other: 'load changed_update_time' },
  ],
  [
    'a write by an event',
    PLAIN,
    'CREATE EVENT e ON SCHEDULE AT CURRENT_TIMESTAMP DO UPDATE t SET v = 44',
    WRITTEN,
  ],
  ['LOAD DATA', PLAIN, loadData, WRITTEN],
  ['a write through a view', `${PLAIN} CREATE VIEW w AS SELECT * FROM t`, 'UPDATE w SET v = 6', WRITTEN],
  [
    'a write to a table that keeps its history',
    `CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v INT, s VARCHAR(50)) ENGINE=InnoDB WITH SYSTEM VERSIONING; ${ROWS}`,
    'UPDATE t SET v = 9',
    WRITTEN,
    { only: 'mariadb' },
  ],
  ['INSERT … SELECT', TWO, 'INSERT INTO other (v) SELECT v FROM t', { other: 'load changed_update_time' }],
];

const SHAPES: Row[] = [
  ['TRUNCATE', PLAIN, 'TRUNCATE t', STORAGE],
  ['TRUNCATE PARTITION', PARTITIONED, 'ALTER TABLE t TRUNCATE PARTITION p1', STORAGE],
  ['DROP PARTITION', PARTITIONED, 'ALTER TABLE t DROP PARTITION p1', COLUMNS],
  [
    'REORGANIZE PARTITION',
    PARTITIONED,
    'ALTER TABLE t REORGANIZE PARTITION p2 INTO (PARTITION p2 VALUES LESS THAN (50), PARTITION p3 VALUES LESS THAN (100))',
    COLUMNS,
  ],
  ['REBUILD PARTITION', PARTITIONED, 'ALTER TABLE t REBUILD PARTITION p1', REBUILT],
  [
    'EXCHANGE PARTITION',
    `${PARTITIONED}${table('other')} INSERT INTO other (id, v) VALUES (2, 22)`,
    'ALTER TABLE t EXCHANGE PARTITION p1 WITH TABLE other',
    { ...STORAGE, other: 'load changed_storage' },
  ],
  [
    'rename swap',
    TWO,
    'RENAME TABLE t TO tmp, other TO t, tmp TO other',
    {
      t: ['load changed_storage', 'load changed_create_time'],
      other: ['load changed_storage', 'load changed_create_time'],
    },
  ],
  ['ALTER instant', PLAIN, 'ALTER TABLE t ADD COLUMN x INT DEFAULT 7', COLUMNS],
  [
    'ALTER instant, there and back',
    PLAIN,
    'ALTER TABLE t ADD COLUMN x INT; ALTER TABLE t DROP COLUMN x',
    REBUILT,
  ],
  ['ALTER inplace', PLAIN, 'ALTER TABLE t ADD INDEX i (v)', COLUMNS],
  ['ALTER copy', PLAIN, 'ALTER TABLE t FORCE, ALGORITHM=COPY', REBUILT],
  ['ALTER of a comment', PLAIN, "ALTER TABLE t COMMENT 'hello'", COLUMNS],
  ['a column of another type', PLAIN, 'ALTER TABLE t MODIFY v BIGINT', COLUMNS],
  ['OPTIMIZE', PLAIN, 'OPTIMIZE TABLE t', REBUILT],
  ['dropped and made again', PLAIN, `DROP TABLE t; ${PLAIN}`, REBUILT],
  ['dropped', TWO, 'DROP TABLE t', { t: GONE }],
  ['a new table', PLAIN, `${table('other')}`, { other: 'load never_loaded' }],
  [
    'a write, then a new child table',
    PLAIN,
    'UPDATE t SET v = 3; CREATE TABLE k (id INT PRIMARY KEY, t_id INT, FOREIGN KEY (t_id) REFERENCES t (id)) ENGINE=InnoDB',
    { ...WRITTEN, k: 'load never_loaded' },
  ],
  [
    'a write, then TRUNCATE of the child',
    FAMILY,
    'UPDATE t SET v = 3; TRUNCATE child',
    { ...WRITTEN, child: 'load changed_storage' },
  ],
];

const NOT_WRITES: Row[] = [
  ['nothing', PLAIN, 'SELECT 1', NOTHING],
  ['ANALYZE', PLAIN, 'ANALYZE TABLE t', NOTHING],
  ['CHECK', PLAIN, 'CHECK TABLE t', NOTHING],
  ['FLUSH TABLES', PLAIN, 'FLUSH TABLES t', NOTHING],
  ['LOCK TABLES', PLAIN, 'LOCK TABLES t WRITE; UNLOCK TABLES', NOTHING],
  ['CREATE TRIGGER', PLAIN, 'CREATE TRIGGER r AFTER INSERT ON t FOR EACH ROW SET @x = 1', NOTHING],
  ['CREATE VIEW', PLAIN, 'CREATE VIEW w AS SELECT * FROM t', NOTHING],
  [
    'a temporary table of its name',
    PLAIN,
    'CREATE TEMPORARY TABLE t (x INT); INSERT INTO t VALUES (1); DROP TEMPORARY TABLE t',
    NOTHING,
  ],
  ['a table never written', table('t'), 'SELECT * FROM t', NOTHING],
  ['the first write of a table', table('t'), 'INSERT INTO t (v) VALUES (1)', WRITTEN],
];

const OTHER_ENGINES: Row[] = [
  [
    'MyISAM, written',
    table('t', 'ENGINE=MyISAM') + ROWS,
    'INSERT INTO t (v) VALUES (4)',
    WRITTEN,
    { neverKnown: ['t'] },
  ],
  [
    'MyISAM, quiet',
    table('t', 'ENGINE=MyISAM') + ROWS,
    'SELECT 1',
    { t: 'load unknown_no_signal' },
    { neverKnown: ['t'] },
  ],
  [
    'MEMORY, written',
    table('t', 'ENGINE=MEMORY') + ROWS,
    'UPDATE t SET v = 0',
    { t: ['load unknown_no_signal', 'load changed_update_time'] },
    { neverKnown: ['t'] },
  ],
  [
    'MEMORY, quiet',
    table('t', 'ENGINE=MEMORY') + ROWS,
    'SELECT 1',
    { t: 'load unknown_no_signal' },
    { neverKnown: ['t'] },
  ],
];

const PEOPLE: Row[] = [
  ["a person's UPDATE in BigQuery", PLAIN, person({ rows: 0 }), { t: 'load destination_differs' }],
  ["a person's DELETE in BigQuery", PLAIN, person({ rows: -1 }), { t: 'load destination_differs' }],
  [
    'a destination dropped in BigQuery',
    PLAIN,
    async ({ destination, schema }) => destination.tables.delete(`${schema}.t`),
    { t: 'load destination_missing' },
  ],
];

/** Every event of one server, each in its own schema. */
export const EVENT_CASES: readonly EventCase[] = [
  ...WRITES,
  ...SHAPES,
  ...NOT_WRITES,
  ...OTHER_ENGINES,
  ...PEOPLE,
].map(([name, before, event, expected, more]) => ({ name, before, event, expected, ...more }));

function loadData({ admin, schema }: { admin: Connection; schema: string }): Promise<unknown> {
  const sql = `LOAD DATA LOCAL INFILE 'rows' INTO TABLE ${schema}.t FIELDS TERMINATED BY ',' (v, s)`;
  return admin.query({ sql, infileStreamFactory: () => Readable.from([Buffer.from('7,x\n8,y\n')]) });
}

/** What DML in BigQuery leaves behind: other rows, and a later `lastModifiedTime`. */
function person(change: { rows: number }): EventCase['event'] {
  return async ({ destination, schema }) => {
    const name = `${schema}.t`;
    const facts = destination.tables.get(name);
    if (!facts) throw new Error(`${name} was not published.`);
    const lastModified = new Date(Date.parse(facts.lastModified) + 60_000).toISOString();
    destination.tables.set(name, { ...facts, rows: facts.rows + change.rows, lastModified });
  };
}
