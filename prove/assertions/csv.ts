import type { Assertion } from '../assertion.ts';
import type { ProveContext } from '../context.ts';
import { NULL_TOKEN, succeeded } from '../tools/bigquery.ts';
import { expectSame } from '../verdict.ts';

/** A cell as it stands in the file, and the value that must come out, as text; null is NULL. */
interface Case {
  id: number;
  title: string;
  unproven: readonly number[];
  type: string;
  cells: readonly (readonly [cell: string, value: string | null])[];
  /** How the value is read back; `c` is the column. */
  read?: string;
  /** A refusal of the load is as good: nothing is altered in silence. */
  mayBeRefused?: boolean;
  /** Brings the API's text into one form. */
  normalise?(text: string): string;
}

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
const staysItself = (...texts: readonly string[]) => texts.map((text) => [quoted(text), text] as const);
const microseconds = (iso: string) => String(Date.parse(iso) * 1_000);
const lowerInfinity = (text: string) => text.toLowerCase().replace('infinity', 'inf');
const BIG_INTEGER = '9007199254740993';

const CASES: readonly Case[] = [
  {
    id: 30,
    title: 'A quoted newline stays in the value',
    unproven: [6],
    type: 'STRING',
    cells: staysItself('a\nb', '\n'),
  },
  {
    id: 31,
    title: 'A quoted CR stays in the value',
    unproven: [6],
    type: 'STRING',
    cells: staysItself('a\rb', '\r'),
  },
  {
    id: 32,
    title: 'A quoted CRLF stays both characters',
    unproven: [6],
    type: 'STRING',
    cells: staysItself('a\r\nb'),
  },
  {
    id: 33,
    title: 'NUL and other control characters stay (preserveAsciiControlCharacters)',
    unproven: [6],
    type: 'STRING',
    cells: staysItself('a\u0000b', '\u0001\u001f\t'),
  },
  {
    id: 34,
    title: 'Doubled quotes are one; commas, backslashes and other scripts are themselves',
    unproven: [6],
    type: 'STRING',
    cells: staysItself('say "x"', '"', ',', '\\n\\', 'ção 🎓', ' spaces '),
  },
  {
    id: 35,
    title: 'inf, -inf and nan are FLOAT64',
    unproven: [6],
    type: 'FLOAT64',
    normalise: lowerInfinity,
    cells: [
      ['inf', 'inf'],
      ['-inf', '-inf'],
      ['nan', 'nan'],
    ],
  },
  {
    id: 36,
    title: '-0 keeps its sign, and the shortest text of a double comes back as that double',
    unproven: [6],
    type: 'FLOAT64',
    normalise: (text) => (Object.is(Number(text), -0) ? '-0' : String(Number(text))),
    cells: [
      ['-0', '-0'],
      ['-0.0', '-0'],
      ['0.1', '0.1'],
      ['5e-324', '5e-324'],
      ['1.7976931348623157e308', '1.7976931348623157e+308'],
    ],
  },
  {
    id: 37,
    title: 'JSON keeps integers beyond 2^53, doubles, escapes and JSON null',
    unproven: [6, 24],
    type: 'JSON',
    read: 'TO_JSON_STRING(c)',
    normalise: (text) => text.replaceAll(' ', ''),
    cells: [
      [quoted(`{"n":${BIG_INTEGER}}`), `{"n":${BIG_INTEGER}}`],
      [quoted('{"d":[67.174118,0.30000000000000004]}'), '{"d":[67.174118,0.30000000000000004]}'],
      [quoted('{"t":"a\\"b"}'), '{"t":"a\\"b"}'],
      [quoted('null'), 'null'],
    ],
  },
  {
    id: 38,
    title:
      'A JSON number longer than a double is kept as it is, or refuses the load; it is not rounded in silence',
    unproven: [6, 24],
    type: 'JSON',
    read: 'TO_JSON_STRING(c)',
    mayBeRefused: true,
    normalise: (text) => text.replaceAll(' ', ''),
    cells: staysItself(`{"n":1${'0'.repeat(10)}${BIG_INTEGER}}`, '{"n":0.12345678901234567890123456789}'),
  },
  {
    id: 39,
    title: 'TIMESTAMP text without a zone is UTC, six digits kept',
    unproven: [6],
    type: 'TIMESTAMP',
    cells: [
      ['2026-01-02 03:04:05', microseconds('2026-01-02T03:04:05Z')],
      ['1969-12-31 23:59:59.999999', '-1'],
    ],
  },
  {
    id: 40,
    title: 'DATETIME keeps six digits, from the year 1 to the year 9999',
    unproven: [6],
    type: 'DATETIME',
    normalise: (text) => text.replace(/\.?0+$/, ''),
    cells: [
      ['2026-01-02 03:04:05.000001', '2026-01-02T03:04:05.000001'],
      ['0001-01-01 00:00:01', '0001-01-01T00:00:01'],
      ['9999-12-31 23:59:59.999999', '9999-12-31T23:59:59.999999'],
    ],
  },
  {
    id: 41,
    title: 'NUMERIC keeps 29 + 9 digits',
    unproven: [6],
    type: 'NUMERIC',
    cells: [
      ['99999999999999999999999999999.999999999', '99999999999999999999999999999.999999999'],
      ['-0.000000001', '-0.000000001'],
    ],
  },
  {
    id: 42,
    title: 'BIGNUMERIC keeps 38 + 38 digits',
    unproven: [6],
    type: 'BIGNUMERIC',
    cells: [[`${'9'.repeat(38)}.${'9'.repeat(38)}`, `${'9'.repeat(38)}.${'9'.repeat(38)}`]],
  },
  {
    id: 43,
    title: 'BYTES are read as base64',
    unproven: [6],
    type: 'BYTES',
    cells: [
      [quoted('AP8K'), 'AP8K'],
      [quoted(''), ''],
    ],
  },
  {
    id: 44,
    title: 'The bare null marker is NULL',
    unproven: [5],
    type: 'STRING',
    cells: [
      [NULL_TOKEN, null],
      [quoted('x'), 'x'],
    ],
  },
  {
    id: 45,
    title: 'The quoted null marker stays text',
    unproven: [5],
    type: 'STRING',
    cells: staysItself(NULL_TOKEN, `${NULL_TOKEN}x`),
  },
  {
    id: 46,
    title: 'A quoted empty text is an empty STRING',
    unproven: [5],
    type: 'STRING',
    cells: staysItself(''),
  },
  {
    id: 47,
    title: 'A bare empty field is an empty STRING under a marker of our own',
    unproven: [5],
    type: 'STRING',
    cells: [['', '']],
  },
  {
    id: 48,
    title: 'A bare empty field is empty BYTES under a marker of our own',
    unproven: [5],
    type: 'BYTES',
    cells: [['', '']],
  },
];

/**
 * All in one load, but for cells that may be refused: one must not hide what becomes of another.
 */
async function checkCells(context: ProveContext, one: Case): Promise<string> {
  if (!one.mayBeRefused) return checkCase(context, one);
  const observed: string[] = [];
  for (const cell of one.cells) observed.push(await checkCase(context, { ...one, cells: [cell] }));
  return observed.join('; ');
}

async function checkCase(
  { bigquery, objects }: ProveContext,
  { type, cells, read = 'c', mayBeRefused = false, normalise = (text) => text }: Case,
): Promise<string> {
  const table = bigquery.newTable('csv');
  const text = cells.map(([cell], index) => `${index},${cell}\n`).join('');
  const fields = [
    { name: 'i', type: 'INT64' },
    { name: 'c', type },
  ];
  const request = {
    table,
    fields,
    uris: [await objects.put(text)],
    disposition: 'WRITE_TRUNCATE',
  } as const;
  const job = await bigquery.tryLoad(request);
  const { reason, message } = job.status.errorResult ?? {};
  if (mayBeRefused && reason === 'invalid') return `the load was refused: ${message}`;
  succeeded(job);
  const rows = await bigquery.query(`SELECT ${read} AS v FROM ${bigquery.sqlName(table)} ORDER BY i`);
  const found = rows.map(([value = null]) => (value === null ? null : normalise(value)));
  const expected = cells.map(([, value]) => value);
  expectSame(found, expected, 'values');
  return JSON.stringify(found).slice(0, 100);
}

export const CSV: readonly Assertion[] = CASES.map((one) => ({
  id: one.id,
  title: one.title,
  unproven: one.unproven,
  needsGoogle: null,
  check: (context) => checkCells(context, one),
}));
