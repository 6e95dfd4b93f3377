import {
  type ColumnRule,
  MAPPED_TYPES,
  mapColumn,
  OVERRIDES,
  policyEffects,
} from '../src/pipeline/mapping/index.ts';
import type { Flavour, MappedColumn, SourceColumn } from '../src/pipeline/objects/index.ts';
import { MODES_OF_VALUES } from '../src/pipeline/source/index.ts';

/**
 * Types that arrive in more than one way, by their widths and attributes; every other mapped type
 * is shown as it is.
 */
const WIDTHS: Readonly<Record<string, readonly string[]>> = {
  int: ['int', 'int(10) unsigned zerofill'],
  bigint: ['bigint', 'bigint unsigned'],
  bit: ['bit(63)', 'bit(64)'],
  decimal: ['decimal(38,9)', 'decimal(65,30)', 'decimal(65,0)'],
  time: ['time', 'time(6)'],
};

function column(columnType: string): SourceColumn {
  const [precision, scale] = (/\(([\d,]+)\)/.exec(columnType)?.[1] ?? '').split(',').map(Number);
  const dataType = /^\w+/.exec(columnType)?.[0] ?? '';
  return {
    name: 'c',
    position: 1,
    dataType,
    columnType,
    isNullable: true,
    precision: precision || null,
    scale: scale ?? null,
    dateTimePrecision: dataType === 'time' ? precision || 0 : null,
    characterSet: 'utf8mb4',
    extra: '',
    comment: '',
  };
}

const map = (columnType: string, rule: ColumnRule = {}, flavour: Flavour = 'mysql') =>
  mapColumn({ column: column(columnType), rule, policies: {}, flavour });
const LATIN2 = mapColumn({
  column: { ...column('varchar'), characterSet: 'latin2' },
  rule: {},
  policies: {},
  flavour: 'mysql',
});

/** docs/type-mapping.md: the mapping itself says what stands in it. */
export function typeMappingPage(note: string): string {
  const types = MAPPED_TYPES.flatMap((type) => WIDTHS[type] ?? [type]);
  return `# How each type arrives

${note}

*Bare* text is checked by its type; *quoted* text may hold anything. Where a value may be one that BigQuery cannot hold, the expression
tags it with \`!\`, and the reader does what the rule says. History counts every action (\`policy_counts\`).

- \`nullify\`: the value becomes NULL.
- \`error\`: the load fails, naming column, rule and primary key.
- \`string\`, \`seconds\`: the column has that type, and what was out of range is counted.

| MySQL | BigQuery | form | tag | expression | direct | MariaDB, where it differs |
|---|---|---|---|---|---|---|
${types.map(typeRow).join('\n')}

Spark reads the expression. The direct engine reads the plain column where *direct* says how, and comes to the same bytes. \`text\` is taken as
it is. \`date\`, \`time\` and \`decimal\` are tested by the engine, and \`base64\` is encoded by it. None of them ends as \`VALUE_TOO_LONG\`.
Everything else it reads by the expression too.

Text of the character set \`binary\` is bytes. Any other character set becomes UTF-8. In all but \`utf8mb4\`, \`utf8mb3\` and \`latin1\` MySQL may hold
bytes that are no Unicode. A conversion makes \`?\` of them, or ends the text there. MariaDB also stores lone surrogates, in \`utf8mb4\` too. The expression
gives \`!\` and U+10FFFE for such a text, tagged as \`${LATIN2.tag?.rule}\`, and the load fails (\`TEXT_NOT_UNICODE\`). Of \`latin2\`, for example, by
${code(LATIN2.expression)}. Generated and invisible columns arrive like others.
A DECIMAL is NUMERIC with up to 29 whole and 9 further digits, and BIGNUMERIC with up to 38 of each. Beyond that \`bigDecimals\` decides.
MySQL's FLOAT holds 24 bits: 0.1 arrives as the FLOAT64 0.10000000149011612, which is what the server holds. Geometry is WKT, longitude
first, without its SRID. MariaDB's JSON is LONGTEXT, and arrives as STRING unless \`type: json\` says otherwise. A type that is not listed
refuses its table, unless the column is excluded.
A VECTOR (MySQL 9, MariaDB 11.7) is BYTES: its numbers as the server keeps them, 32-bit floats, the least significant byte first. CSV cannot carry an ARRAY. The
servers' own texts (\`VECTOR_TO_STRING\`, \`VEC_ToText\`) keep six digits, and such a number needs up to nine.
MariaDB's YEAR(2) arrives as the server prints it, two digits: 24 for 2024.

## Policies

| column | policy | default | other choices |
|---|---|---|---|
${['date', 'datetime', 'timestamp', 'time', 'time(6)', 'decimal(65,0)'].map(policyRow).join('\n')}

A policy stands at the source, a schema or a table (\`policies\`), or in a column's own rule; the nearer one wins.

## Masks

| mask | of | arrives as | expression |
|---|---|---|---|
${(['varchar', 'blob', 'date', 'json'] as const).flatMap(maskRows).join('\n')}

\`hmac\` is HMAC-SHA-256, in hex, of the text that the expression gives (BYTES: their base64): equal values stay equal, also between tables.
The key is read by who reads the rows, Spark's executors or the worker's thread, from where \`MASK_KEY_SECRET\` says; it is in no query, plan, spec or log. What MySQL sends is the value itself:
hide it with \`nullify\` or \`exclude\` where it must not leave the server. \`truncate(n)\` keeps n characters of text, or n bytes. NULL stays
NULL. Where a mask stands, no policy matters: a \`0000-00-00\` has an HMAC like any text. What has no Unicode still fails the load under \`hmac\`, and
under \`truncate\` where it is among what is kept.
A table that is masked by \`hmac\` takes no part in \`fingerprint: checksum\`, since the checksum would be made of the values themselves.

## type:

| type | of | a value it cannot hold |
|---|---|---|
${Object.entries(OVERRIDES).map(overrideRow).join('\n')}

GEOGRAPHY takes SRID 4326, and 0 where an application leaves it so; its edges are geodesics.

## What is refused rather than altered

- A value that \`max_allowed_packet\` makes NULL on its way through TO_BASE64, ST_AsText or a JSON cast: \`VALUE_TOO_LONG\`.
- A cell that is too long for Spark's memory: \`SPARK_OUT_OF_MEMORY\`. Measured in a heap of 768 MB (the local stack's): 60 MB of text pass, and 45 MB of bytes, which are 60 MB
  as text. 60 MB of bytes need more; 1.5 GB are enough.
- A row over BigQuery's 100 MB: \`ROW_TOO_LONG\`. A text equal to the null token of an attempt: the next attempt uses another.

## What nothing here finds out

- A number in JSON that is longer than a double: a DECIMAL that a function of MySQL put there, or any under \`type: json\`. BigQuery keeps, refuses or rounds it, which
  only [\`prove\`](unproven.md) can tell (point 24). \`type: string\` keeps the text.
- A key that one object holds twice, in text under \`type: json\`: it is valid JSON, and BigQuery keeps one of the two. (MySQL's own JSON has none.)
- A virtual generated column is computed at each read; no server keeps the \`sql_mode\` that it was made under. Adutora's sessions take those flags over from
  the server's **global** \`sql_mode\` that change such values (measured): ${MODES_OF_VALUES.map((name) => `\`${name}\``).join(', ')}. An application that sets another mode in its own sessions may see other values. What
  arrives is the value of the global mode. Where that mode gives none, the load ends at the first attempt (\`SOURCE_VALUE_REFUSED\`).
  - Two flags follow, for all sessions, the session that opened the table last into the server's cache. These are \`NO_UNSIGNED_SUBTRACTION\`, and on MySQL
    \`NO_BACKSLASH_ESCAPES\` (LIKE, and texts with a backslash). An application whose sessions differ from the global mode is then at the mercy of every other client, also of
    this one.
  - Set the global mode to the application's. A change of the global mode alone loads nothing anew.
- \`PAD_CHAR_TO_FULL_LENGTH\` is not taken over: a CHAR arrives without its padding, and what is computed of it (\`CHAR_LENGTH(c)\`) likewise.
- A virtual generated column over a TIMESTAMP is computed anew in the zone of whoever reads, here UTC. \`DATE(ts)\` may be another day than the application sees. A stored one
  is what it was when it was written.
`;
}

function typeRow(columnType: string): string {
  const isMariadbOnly = ['uuid', 'inet6', 'inet4'].includes(columnType);
  const mysql = map(columnType);
  const mariadb = map(columnType, {}, 'mariadb');
  const hasOther = mariadb.expression !== mysql.expression || cellText(mariadb) !== cellText(mysql);
  const other = hasOther ? `${code(mariadb.expression)} ${cellText(mariadb)}`.trim() : '';
  const name = isMariadbOnly ? `\`${columnType}\` (MariaDB)` : code(columnType);
  return `| ${name} | ${mysql.bigqueryType} | ${mysql.form} | ${tagText(mysql)} | ${code(mysql.expression)} | ${cellText(mysql)} | ${other} |`;
}

const cellText = ({ plain }: MappedColumn) => (plain ? `\`${plain.cell}\`` : '');
const tagText = ({ tag }: MappedColumn) => (tag ? `${tag.rule}: ${tag.action}` : '');

function policyRow(columnType: string): string {
  return policyEffects(column(columnType), { rules: {}, flavour: 'mysql' })
    .map(({ policy, chosen, types }) => {
      const shown = (choice: string) => `\`${choice}\` → ${types[choice]}`;
      const others = Object.keys(types).filter((choice) => choice !== chosen);
      return `| \`${columnType}\` | \`${policy}\` | ${shown(chosen)} | ${others.map(shown).join(', ')} |`;
    })
    .join('\n');
}

function maskRows(columnType: string): string[] {
  const canTruncate = columnType === 'varchar' || columnType === 'blob';
  const masks = [
    { kind: 'nullify' },
    ...(canTruncate ? [{ kind: 'truncate', length: 3 } as const] : []),
    { kind: 'hmac' },
  ] as const;
  return masks.map((mask) => {
    const { bigqueryType, expression } = map(columnType, { mask });
    const name = mask.kind === 'truncate' ? 'truncate(3)' : mask.kind;
    return `| \`${name}\` | \`${columnType}\` | ${bigqueryType} | ${code(expression)} |`;
  });
}

const SAMPLES: Readonly<Record<string, string>> = {
  bool: 'tinyint',
  json: 'text',
  geography: 'point',
  string: 'int',
};

function overrideRow([type, families]: [string, readonly string[]]): string {
  const mapped = map(SAMPLES[type] ?? 'int', { type: type as keyof typeof OVERRIDES });
  return `| \`${type}\` | ${families.join(', ')} | ${mapped.tag ? `fails the load (\`${mapped.tag.rule}\`)` : 'none'} |`;
}

/** Code in a table cell: a backtick inside needs two around. */
function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}
