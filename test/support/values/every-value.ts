import type { Connection } from 'mysql2/promise';
import { mapColumn } from '../../../src/pipeline/mapping/map-column.ts';
import type { Flavour } from '../../../src/pipeline/objects/run.ts';
import { sourceColumn } from '../samples.ts';

/** The mark of a text that is not what its column holds. */
const LOST = '21F48FBFBE';
/** A question mark in the sets in which it is not one byte. */
const WIDE: Readonly<Record<string, string>> = {
  ucs2: '003F',
  utf16: '003F',
  utf16le: '3F00',
  utf32: '0000003F',
};
/** Bytes before every two bytes, where two alone say little. */
const PREFIXES: Readonly<Record<string, readonly string[]>> = {
  utf8: ['ED'],
  utf8mb3: ['ED'],
  utf8mb4: ['ED'],
  utf32: ['0000', '0001'],
};
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Stores every value of one byte, and of two where the set has such, in a column of each set, and
 * asks for the mapping's expression. How many values each set's expression tags, and those that it
 * tags without need, or gives damaged.
 */
export async function tagsOfEveryValue(
  connection: Connection,
  flavour: Flavour,
): Promise<{ tagged: Record<string, number>; wrong: string[] }> {
  await connection.query(`SET SESSION sql_mode = '';
    CREATE TEMPORARY TABLE um (h CHAR(2) CHARACTER SET ascii); INSERT INTO um VALUES ${hexBytes().map((h) => `('${h}')`)};
    CREATE TEMPORARY TABLE um2 SELECT * FROM um; CREATE TEMPORARY TABLE dois ENGINE=MEMORY SELECT CONCAT(um.h, um2.h) AS h FROM um, um2`);
  const [sets] = await connection.query(
    `SELECT CHARACTER_SET_NAME AS name, MAXLEN AS width FROM information_schema.CHARACTER_SETS WHERE CHARACTER_SET_NAME <> 'binary'`,
  );
  const tagged: Record<string, number> = {};
  const wrong: string[] = [];
  for (const { name, width } of sets as { name: string; width: number }[]) {
    const values = await givenBy(connection, flavour, { name, isSingle: Number(width) === 1 });
    const found = values.filter(({ text }) => text === LOST).length;
    if (found > 0) tagged[name] = found;
    wrong.push(
      ...values
        .filter(({ text, given, h }) => text !== (isLost(given, h, name) ? LOST : given))
        .map(({ h, text }) => `${name} ${h}: ${text}`),
    );
  }
  return { tagged, wrong };
}

const hexBytes = () =>
  Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0').toUpperCase());

interface GivenText {
  /** What is stored, what the expression gives, and what a plain conversion would; all in hex. */
  h: string;
  text: string;
  given: string;
}

async function givenBy(
  connection: Connection,
  flavour: Flavour,
  { name, isSingle }: { name: string; isSingle: boolean },
): Promise<GivenText[]> {
  const { expression } = mapColumn({
    column: sourceColumn({ dataType: 'varchar', columnType: 'varchar(8)', characterSet: name }),
    rule: {},
    policies: {},
    flavour,
  });
  await connection.query(`CREATE TEMPORARY TABLE valor (h VARCHAR(8) CHARACTER SET ascii, c VARCHAR(8) CHARACTER SET ${name}) ENGINE=MEMORY;
    INSERT IGNORE INTO valor SELECT h, UNHEX(h) FROM um`);
  for (const prefix of isSingle ? [] : ['', ...(PREFIXES[name] ?? [])])
    await connection.query(
      `INSERT IGNORE INTO valor SELECT CONCAT('${prefix}', h), UNHEX(CONCAT('${prefix}', h)) FROM dois`,
    );
  // What the set does not take is stored otherwise, or not at all.
  const [rows] = await connection.query(
    `SELECT h, HEX(${expression}) AS text, HEX(CONVERT(c USING utf8mb4)) AS given FROM valor WHERE HEX(c) = h; DROP TEMPORARY TABLE valor`,
  );
  return (rows as GivenText[][])[0] ?? [];
}

function isLost(text: string, h: string, set: string): boolean {
  const mark = WIDE[set] ?? '3F';
  const held = h.match(new RegExp(`.{${mark.length}}`, 'g')) ?? [];
  const given = Buffer.from(text, 'hex');
  try {
    const read = decoder.decode(given);
    return read === '' || read.split('?').length - 1 !== held.filter((one) => one === mark).length;
  } catch {
    return true;
  }
}
