import { invalid, unknown } from './api-error.ts';
import { quoteText } from './database.ts';

interface TypeRule {
  /** DuckDB's type. */
  storage: string;
  /**
   * The type that stands for it where the types of a query are asked for; `storage` unless given.
   */
  mark?: string;
  /** SQL that turns the text of a CSV cell into a value, or fails. */
  fromText(cell: string): string;
  /** SQL that gives a value's text on the wire. */
  toWire(value: string): string;
}

const cast =
  (storage: string): TypeRule['fromText'] =>
  (cell) =>
    `CAST(${cell} AS ${storage})`;
const asText: TypeRule['toWire'] = (value) => `CAST(${value} AS VARCHAR)`;
const matching =
  (pattern: string, type: string, then: TypeRule['fromText']): TypeRule['fromText'] =>
  (cell) =>
    `CASE WHEN ${cell} IS NULL THEN NULL WHEN regexp_full_match(${cell}, ${quoteText(pattern)}) THEN ${then(cell)} ELSE error('Could not parse as ${type}: ' || left(${cell}, 60)) END`;
const trimmedDecimal: TypeRule['toWire'] = (value) =>
  `regexp_replace(CAST(${value} AS VARCHAR), '\\.?0+$', '')`;
const trimmedFraction: TypeRule['toWire'] = (value) =>
  `CASE WHEN CAST(${value} AS VARCHAR) LIKE '%.%' THEN ${trimmedDecimal(value)} ELSE CAST(${value} AS VARCHAR) END`;

const TIME = '([01]?\\d|2[0-3]):[0-5]?\\d:[0-5]?\\d(\\.\\d{1,6})?';
const DATE = '\\d{4}-\\d{1,2}-\\d{1,2}';
const TIMESTAMP_DATE = '\\d{4}[-/]\\d{1,2}[-/]\\d{1,2}';

/**
 * A DuckDB type that marks text as what it is in BigQuery, while the columns of a query's result
 * are told: DuckDB forgets the names of types that are aliases. Rows are never kept in it, as a
 * union of NULL is not NULL.
 */
const markOf = (name: string) => `UNION(${name} VARCHAR)`;

/**
 * How each BigQuery type is kept, read from CSV and printed. BIGNUMERIC is kept as text: exact,
 * without arithmetic.
 */
const RULES: Record<string, TypeRule> = {
  INT64: { storage: 'BIGINT', fromText: matching('[+-]?\\d+', 'INT64', cast('BIGINT')), toWire: asText },
  NUMERIC: {
    storage: 'DECIMAL(38,9)',
    fromText: matching('[+-]?\\d{1,29}(\\.\\d{0,9}0*)?([eE][+-]?\\d+)?', 'NUMERIC', cast('DECIMAL(38,9)')),
    toWire: trimmedFraction,
  },
  BIGNUMERIC: {
    storage: 'VARCHAR',
    mark: markOf('bignumeric'),
    fromText: matching('[+-]?\\d{1,38}(\\.\\d{0,38})?', 'BIGNUMERIC', (cell) => cell),
    toWire: trimmedFraction,
  },
  FLOAT64: {
    storage: 'DOUBLE',
    fromText: cast('DOUBLE'),
    // The API's words (googleapis/google-cloud-ruby#3489), which JavaScript's Number() reads too;
    // SQL's are inf and nan.
    toWire: (value) =>
      `CASE WHEN isnan(${value}) THEN 'NaN' ELSE replace(CAST(${value} AS VARCHAR), 'inf', 'Infinity') END`,
  },
  BOOL: {
    storage: 'BOOLEAN',
    fromText: matching('(?i:true|false|t|f|1|0|yes|no|y|n)', 'BOOL', cast('BOOLEAN')),
    toWire: asText,
  },
  STRING: { storage: 'VARCHAR', fromText: (cell) => cell, toWire: asText },
  BYTES: {
    storage: 'BLOB',
    fromText: (cell) => `from_base64(${cell})`,
    toWire: (value) => `base64(${value})`,
  },
  DATE: { storage: 'DATE', fromText: matching(DATE, 'DATE', cast('DATE')), toWire: asText },
  DATETIME: {
    storage: 'TIMESTAMP',
    fromText: matching(`${DATE}[T ]${TIME}`, 'DATETIME', cast('TIMESTAMP')),
    toWire: (value) => `replace(CAST(${value} AS VARCHAR), ' ', 'T')`,
  },
  TIMESTAMP: {
    storage: 'TIMESTAMPTZ',
    fromText: matching(
      `${TIMESTAMP_DATE}[T ]${TIME}(Z| UTC|[+-]\\d\\d:\\d\\d)?|\\d+`,
      'TIMESTAMP',
      // Digits alone are seconds since 1970.
      (cell) =>
        `CASE WHEN ${cell} SIMILAR TO '\\d+' THEN to_timestamp(CAST(${cell} AS BIGINT)) ELSE CAST(replace(replace(${cell}, ' UTC', '+00'), '/', '-') AS TIMESTAMPTZ) END`,
    ),
    toWire: (value) => `CAST(epoch_us(${value}) AS VARCHAR)`,
  },
  TIME: { storage: 'TIME', fromText: matching(TIME, 'TIME', cast('TIME')), toWire: asText },
  JSON: {
    storage: 'JSON',
    fromText: (cell) =>
      `CASE WHEN ${cell} IS NULL THEN NULL WHEN json_valid(${cell}) THEN CAST(${cell} AS JSON) ELSE error('Invalid JSON: ' || left(${cell}, 60)) END`,
    toWire: asText,
  },
  GEOGRAPHY: { storage: 'VARCHAR', mark: markOf('geography'), fromText: (cell) => cell, toWire: asText },
};

const ALIASES: Record<string, string> = {
  INTEGER: 'INT64',
  FLOAT: 'FLOAT64',
  BOOLEAN: 'BOOL',
  DECIMAL: 'NUMERIC',
  BIGDECIMAL: 'BIGNUMERIC',
};

/** The rule of a BigQuery type, by any of its names. */
export function typeRule(type: string): TypeRule {
  const rule = RULES[typeName(type)];
  if (!rule) throw invalid(`Invalid field type ${type}`);
  return rule;
}

/** The SQL name of a type: `INTEGER` → `INT64`. */
export function typeName(type: string): string {
  const upper = type.toUpperCase();
  return ALIASES[upper] ?? upper;
}

const FROM_DUCKDB: Record<string, string> = {
  BIGINT: 'INT64',
  INTEGER: 'INT64',
  SMALLINT: 'INT64',
  TINYINT: 'INT64',
  HUGEINT: 'INT64',
  UBIGINT: 'INT64',
  UINTEGER: 'INT64',
  DOUBLE: 'FLOAT64',
  FLOAT: 'FLOAT64',
  BOOLEAN: 'BOOL',
  VARCHAR: 'STRING',
  BLOB: 'BYTES',
  DATE: 'DATE',
  TIMESTAMP: 'DATETIME',
  'TIMESTAMP WITH TIME ZONE': 'TIMESTAMP',
  TIME: 'TIME',
  JSON: 'JSON',
  [markOf('bignumeric')]: 'BIGNUMERIC',
  [markOf('geography')]: 'GEOGRAPHY',
  '"NULL"': 'INT64',
};

/** BigQuery's type of a column of a DuckDB result. */
export function typeOfResult(duckdb: string): string {
  if (duckdb.startsWith('DECIMAL')) return 'NUMERIC';
  const type = FROM_DUCKDB[duckdb];
  if (!type) throw unknown(`results of type ${duckdb}`);
  return type;
}
