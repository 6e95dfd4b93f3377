/** Tables of the model, and those that a lock on one of them may reach. */
export const MODEL_TABLES = {
  a: ['a'],
  b: ['b'],
  p: ['p'],
  x: ['x'],
  parent: ['parent', 'child'],
  child: ['parent', 'child'],
} as const;
export type ModelTable = keyof typeof MODEL_TABLES;

const MAKE_A = 'CREATE TABLE a (id INT PRIMARY KEY AUTO_INCREMENT, v INT) ENGINE=InnoDB;';

/** What the schema holds at the start. */
export const MODEL_SCHEMA = `${MAKE_A} CREATE TABLE b LIKE a; CREATE TABLE x LIKE a;
 CREATE TABLE p (id INT PRIMARY KEY AUTO_INCREMENT, v INT) ENGINE=InnoDB
  PARTITION BY RANGE (id) (PARTITION p1 VALUES LESS THAN (1000), PARTITION p2 VALUES LESS THAN MAXVALUE);
 CREATE TABLE parent LIKE a;
 CREATE TABLE child (id INT PRIMARY KEY AUTO_INCREMENT, v INT, FOREIGN KEY (v) REFERENCES parent (id) ON DELETE CASCADE ON UPDATE CASCADE) ENGINE=InnoDB;
 INSERT INTO a (v) VALUES (1), (2), (3); INSERT INTO b (v) VALUES (4), (5); INSERT INTO p (v) VALUES (6), (7);
 INSERT INTO p (id, v) VALUES (2000, 8); INSERT INTO parent (v) VALUES (9), (10), (11); INSERT INTO child (v) VALUES (1), (2), (3);`;

/** A statement that changes rows (or seems to) and waits for no metadata lock. */
export interface Write {
  label: string;
  table: ModelTable;
  sql(seed: number): string;
}

/**
 * A statement that changes a table's shape or storage; every transaction that has touched the table
 * must have ended.
 */
export interface Change {
  label: string;
  tables: readonly ModelTable[];
  sql: string;
}

const ROWS: readonly ModelTable[] = ['a', 'b', 'p', 'x', 'parent'];

export const WRITES: readonly Write[] = [
  ...ROWS.flatMap((table): Write[] => [
    { label: 'insert into', table, sql: (seed) => `INSERT INTO ${table} (v) VALUES (${seed})` },
    { label: 'update', table, sql: (seed) => `UPDATE ${table} SET v = v + 1 WHERE id % 3 = ${seed % 3}` },
    { label: 'delete from', table, sql: (seed) => `DELETE FROM ${table} WHERE id % 5 = ${seed % 5}` },
    { label: 'do nothing to', table, sql: () => `UPDATE ${table} SET v = v` },
  ]),
  { label: 'insert into', table: 'child', sql: () => 'INSERT INTO child (v) SELECT id FROM parent LIMIT 2' },
  { label: 'renumber', table: 'parent', sql: () => 'UPDATE parent SET id = id + 1000 ORDER BY id DESC' },
];

const one = (label: string, table: ModelTable, sql: string): Change => ({ label, tables: [table], sql });

export const CHANGES: readonly Change[] = [
  one('truncate', 'a', 'TRUNCATE a'),
  one('truncate', 'child', 'TRUNCATE child'),
  one('truncate a partition of', 'p', 'ALTER TABLE p TRUNCATE PARTITION p1'),
  one('rebuild a partition of', 'p', 'ALTER TABLE p REBUILD PARTITION p2'),
  { label: 'exchange', tables: ['p', 'x'], sql: 'ALTER TABLE p EXCHANGE PARTITION p1 WITH TABLE x' },
  { label: 'swap', tables: ['a', 'b'], sql: 'RENAME TABLE a TO tmp, b TO a, tmp TO b' },
  one('alter there and back', 'a', 'ALTER TABLE a ADD COLUMN y INT; ALTER TABLE a DROP COLUMN y'),
  one('index', 'b', 'ALTER TABLE b ADD INDEX i (v); ALTER TABLE b DROP INDEX i'),
  one('rebuild', 'b', 'ALTER TABLE b FORCE'),
  one('comment on', 'p', "ALTER TABLE p COMMENT 'c'"),
  one('make again', 'a', `DROP TABLE a; ${MAKE_A} INSERT INTO a (v) VALUES (5)`),
  one('analyze', 'p', 'ANALYZE TABLE p'),
  one('flush', 'a', 'FLUSH TABLES a'),
];
