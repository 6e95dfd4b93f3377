import { LoadError } from '../load-error.ts';
import type { MappedColumn, SourceColumn } from '../objects/load.ts';
import { quoteIdentifier, type TableRef, tableLabel } from '../table-ref.ts';
import { destinationColumnName } from './destination-name.ts';
import type { ColumnPolicies } from './policies.ts';

export type Flavour = 'mysql' | 'mariadb';

/** How a column arrives, before its name is added. */
type Mapping = Pick<MappedColumn, 'expression' | 'bigqueryType' | 'form' | 'plainIsExact' | 'tag'>;

interface Input {
  column: SourceColumn;
  /** The column in backticks. */
  name: string;
  policies: ColumnPolicies;
  flavour: Flavour;
}

const INTEGERS = ['tinyint', 'smallint', 'mediumint', 'int', 'bigint'];
const TEXTS = ['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'enum', 'set'];
const BYTES = ['binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob'];
const GEOMETRIES = [
  'geometry',
  'point',
  'linestring',
  'polygon',
  'multipoint',
  'multilinestring',
  'multipolygon',
  'geomcollection',
  'geometrycollection',
];

const MAPPINGS = new Map<string, (input: Input) => Mapping>([
  ...INTEGERS.map((type) => [type, mapInteger] as const),
  ...TEXTS.map((type) => [type, mapText] as const),
  ...BYTES.map((type) => [type, mapBytes] as const),
  ...GEOMETRIES.map((type) => [type, mapGeometry] as const),
  ['year', ({ name }: Input) => bare('INT64', `CAST(${name} AS CHAR)`)],
  ['bit', mapBit],
  ['decimal', mapDecimal],
  ['float', mapFloat],
  ['double', ({ name }: Input) => bare('FLOAT64', `CAST(${name} AS CHAR)`)],
  ['date', (input: Input) => mapTemporal(input, 'DATE')],
  ['datetime', (input: Input) => mapTemporal(input, 'DATETIME')],
  ['timestamp', (input: Input) => mapTemporal(input, 'TIMESTAMP')],
  ['time', mapTime],
  ['json', ({ name }: Input) => quoted('JSON', `CAST(${name} AS CHAR)`, { plainIsExact: true })],
]);

/**
 * How one source column arrives: the SELECT expression that gives its text, the BigQuery type, quoted or bare, and what is
 * tagged. The expressions are measured (docs/decisions/0003). Throws `UNSUPPORTED_TYPE`.
 */
export function mapColumn(input: {
  table: TableRef;
  column: SourceColumn;
  policies: ColumnPolicies;
  flavour: Flavour;
}): MappedColumn {
  const { table, column } = input;
  const map = MAPPINGS.get(column.dataType);
  if (!map) {
    throw new LoadError(
      'UNSUPPORTED_TYPE',
      `${tableLabel(table)}: column ${column.name} has type ${column.columnType}, which has no mapping.`,
    );
  }
  const mapping = map({ ...input, name: quoteIdentifier(column.name) });
  return {
    name: column.name,
    destinationName: destinationColumnName(column.name),
    isNullable: column.isNullable,
    ...mapping,
  };
}

function bare(bigqueryType: string, expression: string, more: Partial<Mapping> = {}): Mapping {
  return { bigqueryType, expression, form: 'bare', plainIsExact: true, tag: null, ...more };
}

function quoted(bigqueryType: string, expression: string, more: Partial<Mapping> = {}): Mapping {
  return { bigqueryType, expression, form: 'quoted', plainIsExact: false, tag: null, ...more };
}

const isUnsigned = ({ columnType }: SourceColumn) => columnType.includes('unsigned');
// Zerofill pads the text with zeros, and implies unsigned.
const isZerofill = ({ columnType }: SourceColumn) => columnType.includes('zerofill');

function mapInteger({ column, name }: Input): Mapping {
  const isWide = column.dataType === 'bigint' && (isUnsigned(column) || isZerofill(column));
  const type = isWide ? 'NUMERIC' : 'INT64';
  if (isZerofill(column))
    return bare(type, `CAST(CAST(${name} AS UNSIGNED) AS CHAR)`, { plainIsExact: false });
  return bare(type, `CAST(${name} AS CHAR)`);
}

function mapBit({ column, name }: Input): Mapping {
  const bits = column.precision ?? 1;
  return bare(bits <= 63 ? 'INT64' : 'NUMERIC', `CAST(CAST(${name} AS UNSIGNED) AS CHAR)`, {
    plainIsExact: false,
  });
}

function mapDecimal({ column, name, policies }: Input): Mapping {
  const precision = column.precision ?? 10;
  const scale = column.scale ?? 0;
  const whole = precision - scale;
  const text = isZerofill(column)
    ? `CAST(CAST(${name} AS DECIMAL(${precision},${scale})) AS CHAR)`
    : `CAST(${name} AS CHAR)`;
  const plainIsExact = !isZerofill(column);
  if (whole <= 29 && scale <= 9) return bare('NUMERIC', text, { plainIsExact });
  if (whole <= 38 && scale <= 38) return bare('BIGNUMERIC', text, { plainIsExact });
  if (policies.bigDecimals === 'string') return quoted('STRING', text, { plainIsExact });
  // 38 whole digits are safe in BIGNUMERIC; of the 39th only part is, and nobody needs it.
  const expression = `IF(ABS(${name}) < 1${'0'.repeat(38)}, ${text}, CONCAT('!', ${text}))`;
  return bare('BIGNUMERIC', expression, {
    plainIsExact: false,
    tag: { rule: 'decimal_out_of_range', action: 'error' },
  });
}

/** A plain FLOAT prints six digits; through DOUBLE and JSON it prints the shortest text that round-trips (measured). */
function mapFloat({ name, flavour }: Input): Mapping {
  const expression =
    flavour === 'mysql' ? `CAST(CAST(${name} AS DOUBLE) AS JSON)` : `CONCAT(CAST(${name} AS DOUBLE))`;
  return bare('FLOAT64', expression, { plainIsExact: false });
}

function mapTemporal({ name, policies }: Input, type: 'DATE' | 'DATETIME' | 'TIMESTAMP'): Mapping {
  const text = `CAST(${name} AS CHAR)`;
  if (policies.zeroDates === 'string') return quoted('STRING', text, { plainIsExact: true });
  // LAST_DAY of a zero or partial date is NULL, and of 2024-02-31 it is the 29th: both fail the test.
  const isValid = `YEAR(${name}) > 0 AND DAYOFMONTH(${name}) BETWEEN 1 AND DAYOFMONTH(LAST_DAY(${name}))`;
  return bare(type, `IF(${isValid}, ${text}, CONCAT('!', ${text}))`, {
    tag: { rule: 'invalid_date', action: policies.zeroDates },
  });
}

function mapTime({ column, name, policies }: Input): Mapping {
  const text = `CAST(${name} AS CHAR)`;
  if (policies.timeOutOfRange === 'string') return quoted('STRING', text, { plainIsExact: true });
  if (policies.timeOutOfRange === 'seconds') return mapTimeSeconds(column, name);
  const expression = `IF(${name} BETWEEN TIME'00:00:00' AND TIME'23:59:59.999999', ${text}, CONCAT('!', ${text}))`;
  return bare('TIME', expression, { tag: { rule: 'time_out_of_range', action: 'error' } });
}

function mapTimeSeconds(column: SourceColumn, name: string): Mapping {
  if (!column.dateTimePrecision)
    return bare('INT64', `CAST(TIME_TO_SEC(${name}) AS CHAR)`, { plainIsExact: false });
  // TIME_TO_SEC drops the fraction, and with it the sign of what lies between -1 s and 0.
  const seconds = `IF(${name} < TIME'00:00:00', -1, 1) * (ABS(TIME_TO_SEC(${name})) + MICROSECOND(${name}) / 1000000)`;
  return bare('NUMERIC', `CAST(CAST(${seconds} AS DECIMAL(16,6)) AS CHAR)`, { plainIsExact: false });
}

function mapText(input: Input): Mapping {
  if (input.column.characterSet === 'binary') return mapBytes(input);
  return quoted('STRING', `CONVERT(${input.name} USING utf8mb4)`, { plainIsExact: true });
}

/** TO_BASE64 breaks its lines at 76 characters. */
function mapBytes({ name }: Input): Mapping {
  return quoted('BYTES', `REPLACE(TO_BASE64(${name}), CHAR(10 USING utf8mb4), '')`);
}

/** Without the option, MySQL 8 prints SRID 4326 with the latitude first (measured); MariaDB has no such option. */
function mapGeometry({ name, flavour }: Input): Mapping {
  return quoted(
    'STRING',
    flavour === 'mysql' ? `ST_AsText(${name}, 'axis-order=long-lat')` : `ST_AsText(${name})`,
  );
}
