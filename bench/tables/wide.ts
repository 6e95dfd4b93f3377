import type { BenchTable } from './fill-table.ts';
import { date, digits, randomOf, time, word, words } from './random-values.ts';

const COLUMNS = `id BIGINT NOT NULL PRIMARY KEY, email VARCHAR(100) NOT NULL, title VARCHAR(200) NOT NULL, body MEDIUMTEXT NOT NULL,
  doc JSON NOT NULL, payload BLOB NOT NULL, score DECIMAL(20, 6), active TINYINT(1) NOT NULL, created_at DATETIME NOT NULL,
  updated_at TIMESTAMP(6) NOT NULL, tag VARCHAR(40), u32 INT UNSIGNED NOT NULL`;

/** A table of long values: about a kilobyte a row in TEXT, JSON and BLOB. */
export function wide(name: string, rows: number): BenchTable {
  const random = randomOf(7);
  const row = (id: number) => {
    const day = date(random(2_400));
    const doc = {
      ...{ id, tags: [word(random), word(random)], score: random(1_000) / 10 },
      nested: { a: random(1_000), b: null, t: word(random) },
    };
    const bytes = Array.from({ length: 16 + random(240) }, () => random(256));
    return [
      ...[id, `user${random(1_000_000)}@example.com`, words(60, random), words(200 + random(1_200), random)],
      ...[JSON.stringify(doc), Buffer.from(bytes).toString('hex')],
      random(10) === 0 ? '\\N' : `${random(100_000)}.${digits(random(1_000_000), 6)}`,
      ...[random(2), `${day} ${time(random).slice(0, 8)}`, `${day} ${time(random)}`],
      ...[random(5) === 0 ? '\\N' : word(random), random(2 ** 32)],
    ];
  };
  const into = `(id, email, title, body, doc, @hex, score, active, created_at, updated_at, tag, u32)
    SET payload = UNHEX(@hex)`;
  return { name, columns: COLUMNS, rows, row, into };
}
