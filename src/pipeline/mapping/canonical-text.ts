import type { Flavour, MappedColumn, SourceColumn, TagRule } from '../objects/index.ts';

/** What a type is, for the mapping. */
export type Family =
  | 'integer'
  | 'bit'
  | 'year'
  | 'decimal'
  | 'float'
  | 'date'
  | 'time'
  | 'text'
  | 'bytes'
  | 'json'
  | 'geometry'
  | 'address';

/**
 * The text of a column's values before any policy: what is masked, what a STRING holds, what the
 * other types are read from.
 */
export interface CanonicalText {
  family: Family;
  /** NULL only for NULL. */
  expression: string;
  /** What gives the same text over MySQL's text protocol, without a tag's test; null: nothing. */
  plain: MappedColumn['plain'];
  /**
   * The expression tags what it cannot give: a value longer than max_allowed_packet allows,
   * characters without Unicode.
   */
  tag: TagRule | null;
}

const FAMILIES: Readonly<Record<Family, readonly string[]>> = {
  integer: ['tinyint', 'smallint', 'mediumint', 'int', 'bigint'],
  bit: ['bit'],
  year: ['year'],
  decimal: ['decimal'],
  float: ['float', 'double'],
  date: ['date', 'datetime', 'timestamp'],
  time: ['time'],
  text: ['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'enum', 'set'],
  // A vector is its 32-bit floats, little-endian: the servers' own text of them loses digits
  // (measured).
  bytes: ['binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob', 'vector'],
  json: ['json'],
  geometry: [
    'geometry',
    'point',
    'linestring',
    'polygon',
    'multipoint',
    'multilinestring',
    'multipolygon',
    'geomcollection',
    'geometrycollection',
  ],
  // MariaDB's own.
  address: ['uuid', 'inet6', 'inet4'],
};

const FAMILY_OF = new Map(
  Object.entries(FAMILIES).flatMap(([family, types]) =>
    types.map((type) => [type, family as Family] as const),
  ),
);

/** Every `DATA_TYPE` that has a mapping. */
export const MAPPED_TYPES: readonly string[] = [...FAMILY_OF.keys()];

/**
 * Null for a type without mapping. `name` is the column in backticks. The expressions are measured
 * (docs/decisions/0003).
 */
export function canonicalText(column: SourceColumn, name: string, flavour: Flavour): CanonicalText | null {
  const family = FAMILY_OF.get(column.dataType);
  if (family === undefined) return null;
  // Text of the binary character set is bytes.
  if (family === 'text' && column.characterSet === 'binary') return bytesText(name);
  return { plain: null, tag: null, family, ...TEXT_OF[family]({ column, name, flavour }) };
}

interface Input {
  column: SourceColumn;
  name: string;
  flavour: Flavour;
}
type Text = Partial<CanonicalText> & Pick<CanonicalText, 'expression'>;

const TEXT_OF: Readonly<Record<Family, (input: Input) => Text>> = {
  integer: integerText,
  bit: ({ name }) => ({ expression: unsignedText(name) }),
  // As a number: the year 0000 is 0.
  year: ({ name }) => ({ expression: unsignedText(name) }),
  decimal: decimalText,
  float: floatText,
  date: ({ name }) => castText(name),
  time: ({ name }) => castText(name),
  text: plainText,
  bytes: ({ name }) => bytesText(name),
  json: ({ name }) => ({ ...castText(name), ...notTooLong(name, `CAST(${name} AS CHAR)`) }),
  geometry: geometryText,
  address: ({ name }) => castText(name),
};

/** Zerofill pads the text with zeros, and implies unsigned. */
export const isZerofill = ({ columnType }: SourceColumn): boolean => columnType.includes('zerofill');
export const isUnsigned = (column: SourceColumn): boolean =>
  column.columnType.includes('unsigned') || isZerofill(column);

/** The text that the plain column has by itself. */
const castText = (name: string): Pick<CanonicalText, 'expression' | 'plain'> => ({
  expression: `CAST(${name} AS CHAR)`,
  plain: { expression: name, cell: 'text' },
});
const unsignedText = (name: string) => `CAST(CAST(${name} AS UNSIGNED) AS CHAR)`;

function integerText({ column, name }: Input): Text {
  return isZerofill(column) ? { expression: unsignedText(name) } : castText(name);
}

function decimalText({ column, name }: Input): Text {
  if (!isZerofill(column)) return castText(name);
  return {
    expression: `CAST(CAST(${name} AS DECIMAL(${column.precision ?? 10},${column.scale ?? 0})) AS CHAR)`,
  };
}

/**
 * A plain FLOAT prints six digits; through DOUBLE and JSON it prints the shortest text that
 * round-trips. A plain DOUBLE does so by itself, and is cut short by everything else (measured).
 */
function floatText({ column, name, flavour }: Input): Text {
  if (column.dataType === 'double' && !isZerofill(column)) {
    const { expression, plain } = castText(name);
    // The text protocol of MySQL writes 0.00000000000000123456789 where a cast gives 1.23456789e-15
    // (measured): the same number, in another text.
    return { expression, plain: flavour === 'mysql' ? null : plain };
  }
  // Without the cast, MariaDB keeps the zeros of ZEROFILL.
  const double = `CAST(${name} AS DOUBLE)`;
  return { expression: flavour === 'mysql' ? `CAST(${double} AS JSON)` : `CONCAT(${double})` };
}

/** Sets whose every text is Unicode (measured: every value that either server stores). */
const UNICODE = ['utf8mb4', 'utf8mb3', 'utf8', 'latin1'];
/** Sets in which MariaDB stores lone surrogates, which are no characters (measured). */
const WITH_SURROGATES = ['utf8mb4', 'utf8mb3', 'utf8', 'ucs2', 'utf32'];
/**
 * Stands for a text that the column cannot give: `!` and a noncharacter, since a text may well
 * begin with `!`.
 */
const LOST = "_utf8mb4 X'21F48FBFBE'";

/**
 * A character without Unicode becomes a `?`, and at a lone surrogate MySQL cuts ucs2 short, or
 * gives NULL in a strict sql_mode: such a text has another length, or more `?` than the column. (A
 * round trip would refuse what two codes of a set mean, too.)
 */
function plainText({ column, name, flavour }: Input): Text {
  const expression = `CONVERT(${name} USING utf8mb4)`;
  const set = column.characterSet ?? '';
  const without = (text: string) => `CHAR_LENGTH(REPLACE(${text}, '?', ''))`;
  const tests = UNICODE.includes(set)
    ? []
    : [`CHAR_LENGTH(${expression}) = CHAR_LENGTH(${name})`, `${without(expression)} = ${without(name)}`];
  // UTF-8 of a surrogate is ED, then A0 to BF; ED is never any other byte of a character.
  if (flavour === 'mariadb' && WITH_SURROGATES.includes(set))
    tests.push(`CAST(${set.startsWith('utf8') ? name : expression} AS BINARY) NOT REGEXP X'ED5BA02DBF5D'`);
  if (tests.length === 0) return { expression, plain: { expression: name, cell: 'text' } };
  return {
    expression: `IF(${name} IS NULL OR ${tests.join(' AND ')}, ${expression}, ${LOST})`,
    tag: { rule: 'text_not_unicode', action: 'error' },
  };
}

/**
 * TO_BASE64 breaks its lines at 76 characters. A plain literal: MariaDB 11.8 does not mix CHAR(10
 * USING utf8mb4) with what Connector/J asks for. It holds the line feed itself, since the sql_mode
 * of the server may know no escapes.
 */
function bytesText(name: string): CanonicalText {
  return {
    family: 'bytes',
    plain: { expression: name, cell: 'base64' },
    ...notTooLong(name, `REPLACE(TO_BASE64(${name}), '\n', '')`),
  };
}

/**
 * Without the option, MySQL 8 prints SRID 4326 with the latitude first (measured); MariaDB has no
 * such option.
 */
function geometryText({ name, flavour }: Input): Text {
  return notTooLong(
    name,
    flavour === 'mysql' ? `ST_AsText(${name}, 'axis-order=long-lat')` : `ST_AsText(${name})`,
  );
}

/**
 * Some functions answer NULL, with a warning, where their result would be longer than
 * max_allowed_packet.
 */
function notTooLong(name: string, expression: string): Pick<CanonicalText, 'expression' | 'tag'> {
  return {
    expression: `COALESCE(${expression}, IF(${name} IS NULL, NULL, '!'))`,
    tag: { rule: 'value_too_long', action: 'error' },
  };
}
