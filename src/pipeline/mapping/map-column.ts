import { LoadError } from '../errors/index.ts';
import { quoteIdentifier } from '../names/index.ts';
import type { Cell, Flavour, MappedColumn, SourceColumn } from '../objects/index.ts';
import { type CanonicalText, canonicalText, type Family, isUnsigned } from './canonical-text.ts';
import type { ColumnRule } from './column-rules.ts';
import { destinationColumnName } from './destination-name.ts';
import { bare, type GivenText, type Mapping, type MappingInput, quoted } from './mapping.ts';
import { maskColumn, overrideType } from './overrides.ts';
import { type ColumnPolicies, DEFAULT_POLICIES, type PolicyChoices } from './policies.ts';

/**
 * How one source column arrives: the SELECT expression that gives its text, the BigQuery type,
 * quoted or bare, what is tagged, what is masked. Throws `UNSUPPORTED_TYPE`, and `RULE_UNSUITABLE`
 * where its rule cannot be followed.
 */
export function mapColumn(input: {
  column: SourceColumn;
  rule: ColumnRule;
  policies: PolicyChoices;
  flavour: Flavour;
}): MappedColumn {
  const { column, rule, flavour } = input;
  const name = quoteIdentifier(column.name);
  const text = canonicalText(column, name, flavour);
  if (!text) {
    throw new LoadError(
      'UNSUPPORTED_TYPE',
      `Column ${column.name} has type ${column.columnType}, which has no mapping.`,
    );
  }
  const known: MappingInput = { column, name, text, policies: policiesOf(input.policies, rule) };
  const refuse = (why: string): never => {
    throw new LoadError('RULE_UNSUITABLE', `Column ${column.name} (${column.columnType}): ${why}.`);
  };
  return {
    name: column.name,
    destinationName: destinationColumnName(column.name),
    isNullable: column.isNullable,
    ...applyRule(known, rule, refuse),
  };
}

function applyRule(
  input: MappingInput,
  { mask, type }: ColumnRule,
  refuse: (why: string) => never,
): Mapping & Pick<MappedColumn, 'mask'> {
  const { family } = input.text;
  const own = () => (type ? overrideType(input, type, refuse) : MAPPINGS[family](input));
  if (!mask || mask.kind === 'none') return { ...own(), mask: null };
  if (type && mask.kind !== 'nullify')
    refuse(`mask ${mask.kind} gives a type of its own, and its rule says type: ${type}`);
  return { ...maskColumn(input, { mask, own }, refuse), mask };
}

/** The policies that hold for a column. */
export function policiesOf(policies: PolicyChoices, rule: ColumnRule): ColumnPolicies {
  return {
    invalidDates: rule.invalidDates ?? policies.invalidDates ?? DEFAULT_POLICIES.invalidDates,
    timeOutOfRange: rule.timeOutOfRange ?? policies.timeOutOfRange ?? DEFAULT_POLICIES.timeOutOfRange,
    bigDecimals: rule.bigDecimals ?? policies.bigDecimals ?? DEFAULT_POLICIES.bigDecimals,
  };
}

const MAPPINGS: Readonly<Record<Family, (input: MappingInput) => Mapping>> = {
  integer: (input) => bare(isWide(input.column) ? 'NUMERIC' : 'INT64', input.text),
  bit: (input) => bare((input.column.precision ?? 1) <= 63 ? 'INT64' : 'NUMERIC', input.text),
  year: ({ text }) => bare('INT64', text),
  decimal: mapDecimal,
  float: ({ text }) => bare('FLOAT64', text),
  date: mapDate,
  time: mapTime,
  text: ({ text }) => quoted('STRING', text),
  bytes: ({ text }) => quoted('BYTES', text),
  json: ({ text }) => quoted('JSON', text),
  geometry: ({ text }) => quoted('STRING', text),
  address: ({ text }) => quoted('STRING', text),
};

const isWide = (column: SourceColumn) => column.dataType === 'bigint' && isUnsigned(column);

/**
 * `condition` must be false or NULL for every value that BigQuery cannot hold; NULL stays NULL. The
 * plain column is a cell of which the reader tests the same.
 */
function tagUnless(condition: string, { expression, plain }: CanonicalText, cell: Cell): GivenText {
  return {
    expression: `IF(${condition}, ${expression}, CONCAT('!', ${expression}))`,
    plain: plain && { ...plain, cell },
  };
}

function mapDecimal({ column, name, policies, text }: MappingInput): Mapping {
  const scale = column.scale ?? 0;
  const whole = (column.precision ?? 10) - scale;
  if (whole <= 29 && scale <= 9) return bare('NUMERIC', text);
  if (whole <= 38 && scale <= 38) return bare('BIGNUMERIC', text);
  // 38 whole digits are safe in BIGNUMERIC; of the 39th only part is, and nobody needs it. MySQL's
  // scale ends at 30.
  const tagged = tagUnless(`ABS(${name}) < 1${'0'.repeat(38)}`, text, 'decimal');
  const action = policies.bigDecimals;
  const map = action === 'string' ? quoted : bare;
  return map(action === 'string' ? 'STRING' : 'BIGNUMERIC', tagged, { rule: 'decimal_out_of_range', action });
}

function mapDate({ column, name, policies, text }: MappingInput): Mapping {
  // LAST_DAY of a zero or partial date is NULL, and of 2024-02-31 it is the 29th: both fail the
  // test.
  const isValid = `YEAR(${name}) > 0 AND DAYOFMONTH(${name}) BETWEEN 1 AND DAYOFMONTH(LAST_DAY(${name}))`;
  const tag = { rule: 'invalid_date', action: policies.invalidDates } as const;
  const tagged = tagUnless(isValid, text, 'date');
  return tag.action === 'string'
    ? quoted('STRING', tagged, tag)
    : bare(column.dataType.toUpperCase(), tagged, tag);
}

function mapTime({ column, name, policies, text }: MappingInput): Mapping {
  const isInRange = `${name} BETWEEN TIME'00:00:00' AND TIME'23:59:59.999999'`;
  const action = policies.timeOutOfRange;
  const tag = { rule: 'time_out_of_range', action } as const;
  if (action === 'string') return quoted('STRING', tagUnless(isInRange, text, 'time'), tag);
  if (action === 'error') return bare('TIME', tagUnless(isInRange, text, 'time'), tag);
  const seconds: CanonicalText = { ...text, expression: secondsText(column, name), plain: null };
  const tagged = tagUnless(isInRange, seconds, 'time');
  return bare(column.dateTimePrecision ? 'NUMERIC' : 'INT64', tagged, tag);
}

function secondsText(column: SourceColumn, name: string): string {
  if (!column.dateTimePrecision) return `CAST(TIME_TO_SEC(${name}) AS CHAR)`;
  // MySQL's TIME_TO_SEC drops the fraction, and with it the sign of what lies between -1 s and 0;
  // MariaDB's keeps it.
  const seconds = `IF(${name} < TIME'00:00:00', -1, 1) * (FLOOR(ABS(TIME_TO_SEC(${name}))) + MICROSECOND(${name}) * 0.000001)`;
  return `CAST(CAST(${seconds} AS DECIMAL(16,6)) AS CHAR)`;
}
