import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LOCATION, type OwnBigQuery, openBigQuery } from '../../support/bigquery-stand-in.ts';

/**
 * What the API's reference says of answers to queries: type names of the old SQL, every value as
 * text, NULL as null, TIMESTAMP as seconds in a float's text unless `formatOptions` ask for
 * microseconds or ISO 8601.
 */
interface Answer {
  kind: string;
  schema: { fields: { name: string; type: string; mode: string }[] };
  rows?: { f: { v: string | null }[] }[];
  totalRows: string;
  jobReference: { jobId: string };
}

const COLUMNS: { type: string; wire?: string; cells: [csv: string, text: string][] }[] = [
  {
    type: 'INT64',
    wire: 'INTEGER',
    cells: [
      ['9223372036854775807', '9223372036854775807'],
      ['-1', '-1'],
    ],
  },
  {
    type: 'NUMERIC',
    cells: [
      ['-1.500000000', '-1.5'],
      ['99999999999999999999999999999.999999999', '99999999999999999999999999999.999999999'],
    ],
  },
  {
    type: 'BIGNUMERIC',
    cells: [
      ['1.50', '1.5'],
      ['0.12345678901234567890123456789012345678', '0.12345678901234567890123456789012345678'],
    ],
  },
  {
    type: 'FLOAT64',
    wire: 'FLOAT',
    cells: [
      ['inf', 'Infinity'],
      ['-inf', '-Infinity'],
    ],
  },
  {
    type: 'FLOAT64',
    wire: 'FLOAT',
    cells: [
      ['nan', 'NaN'],
      ['1.5', '1.5'],
    ],
  },
  {
    type: 'BOOL',
    wire: 'BOOLEAN',
    cells: [
      ['true', 'true'],
      ['0', 'false'],
    ],
  },
  {
    type: 'STRING',
    cells: [
      ['"ação"', 'ação'],
      ['"null"', 'null'],
    ],
  },
  {
    type: 'BYTES',
    cells: [
      ['"AP8="', 'AP8='],
      ['""', ''],
    ],
  },
  {
    type: 'DATE',
    cells: [
      ['0001-01-01', '0001-01-01'],
      ['9999-12-31', '9999-12-31'],
    ],
  },
  {
    type: 'DATETIME',
    cells: [
      ['2026-01-02 03:04:05.678901', '2026-01-02T03:04:05.678901'],
      ['2026-01-02 00:00:00', '2026-01-02T00:00:00'],
    ],
  },
  {
    type: 'TIME',
    cells: [
      ['03:04:05.678901', '03:04:05.678901'],
      ['00:00:00', '00:00:00'],
    ],
  },
  {
    type: 'JSON',
    cells: [
      ['"{""a"":1}"', '{"a":1}'],
      ['"null"', 'null'],
    ],
  },
  {
    type: 'GEOGRAPHY',
    cells: [
      ['"POINT(1 2)"', 'POINT(1 2)'],
      ['"POINT EMPTY"', 'POINT EMPTY'],
    ],
  },
];
/**
 * The last one is for the API alone: Google's client misreads fractions of seconds before 1970
 * (findings/bigquery-float-timestamps.sh).
 */
const TIMES = [
  '2026-01-02 03:04:05.678901',
  '1969-12-31 23:59:59',
  '1970-01-01 00:00:00',
  '1969-12-31 23:59:59.999999',
];
const MICROS = ['1767323045678901', '-1000000', '0', '-1'];
const SECONDS = ['1.767323045678901E9', '-1.0', '0.0', '-1.0E-6'];
const ISO = [
  '2026-01-02T03:04:05.678901000000Z',
  '1969-12-31T23:59:59.000000000000Z',
  '1970-01-01T00:00:00.000000000000Z',
  '1969-12-31T23:59:59.999999000000Z',
];

let own: OwnBigQuery;
beforeAll(async () => {
  own = await openBigQuery();
  const fields = (types: string[]) => ({
    fields: [
      { name: 'n', type: 'INT64' },
      ...types.map((type, index) => ({ name: `c${index}`, type, mode: 'NULLABLE' })),
    ],
  });
  const lines = [0, 1].map((row) => [row, ...COLUMNS.map(({ cells }) => cells[row]?.[0])].join(','));
  const nulls = [2, ...COLUMNS.map(() => '\\NABCD')].join(',');
  const all = await own.put(`${[...lines, nulls].join('\n')}\n`);
  const loaded = await own.load('all', [all], { schema: fields(COLUMNS.map(({ type }) => type)) });
  expect(loaded.status.errorResult).toBeUndefined();
  const times = await own.put(TIMES.map((time, row) => `${row},${time}\n`).join(''));
  await own.load('times', [times], { schema: fields(['TIMESTAMP']) });
});
afterAll(() => own?.close());

const request = (query: string, more: object = {}) =>
  own.rest<Answer>('POST', '/queries', { query, useLegacySql: false, location: LOCATION, ...more });
const results = (jobId: string, parameters = '') =>
  own.rest<Answer>('GET', `/queries/${jobId}?location=${LOCATION}${parameters}`);
const column = (answer: Answer, index: number) => answer.rows?.map(({ f }) => f[index]?.v);
const ALL = 'SELECT * EXCLUDE n FROM `d.all` ORDER BY n';
const INSTANTS = 'SELECT c0 FROM `d.times` ORDER BY n';

/**
 * The same query by each way of asking: at once, the results of that again, and the results of a
 * job that was inserted.
 */
async function everyWay(query: string): Promise<Answer[]> {
  const atOnce = await request(query);
  const job = await own.insertJob({ query: { query, useLegacySql: false } });
  await own.ended(job.jobReference.jobId);
  return [atOnce, await results(atOnce.jobReference.jobId), await results(job.jobReference.jobId)];
}

describe('answers of the BigQuery stand-in', () => {
  it('name and print every type as the API does, whichever way they are asked for', async () => {
    const answers = await everyWay(ALL);
    expect(answers.map(({ kind }) => kind)).toEqual([
      'bigquery#queryResponse',
      'bigquery#getQueryResultsResponse',
      'bigquery#getQueryResultsResponse',
    ]);
    for (const answer of answers) {
      expect(answer.schema.fields.map(({ type }) => type)).toEqual(
        COLUMNS.map(({ type, wire }) => wire ?? type),
      );
      for (const [index, { type, cells }] of COLUMNS.entries())
        expect([type, column(answer, index)]).toEqual([type, [...cells.map(([, text]) => text), null]]);
    }
  });

  it('know BIGNUMERIC and GEOGRAPHY through functions, sub-queries and parameters', async () => {
    const answer = await request(
      'SELECT MAX(c2) AS a, COALESCE(MIN(c2), CAST(@x AS BIGNUMERIC)) AS b, @x AS c, MAX(c12) AS d, CAST(MAX(c2) AS STRING) AS e FROM (SELECT * FROM `d.all`)',
      {
        queryParameters: [
          { name: 'x', parameterType: { type: 'BIGNUMERIC' }, parameterValue: { value: '7.0' } },
        ],
      },
    );
    const types = ['BIGNUMERIC', 'BIGNUMERIC', 'BIGNUMERIC', 'GEOGRAPHY', 'STRING'];
    expect(answer.schema.fields.map(({ type }) => type)).toEqual(types);
    expect(answer.rows?.[0]?.f.map(({ v }) => v)).toEqual([
      '1.5',
      '0.12345678901234567890123456789012345678',
      '7',
      'POINT(1 2)',
      '1.50',
    ]);
  });

  it('print TIMESTAMP as seconds, unless they are asked for it otherwise', async () => {
    for (const answer of await everyWay(INSTANTS)) {
      expect(answer.schema.fields).toMatchObject([{ type: 'TIMESTAMP' }]);
      expect(column(answer, 0)).toEqual(SECONDS);
    }
  });

  it.each<[object, string, string[]]>([
    [{}, '', SECONDS],
    [{ useInt64Timestamp: false }, '&formatOptions.useInt64Timestamp=false', SECONDS],
    [{ useInt64Timestamp: true }, '&formatOptions.useInt64Timestamp=true', MICROS],
    [{ timestampOutputFormat: 'FLOAT64' }, '&formatOptions.timestampOutputFormat=FLOAT64', SECONDS],
    [{ timestampOutputFormat: 'INT64' }, '&formatOptions.timestampOutputFormat=INT64', MICROS],
    [{ timestampOutputFormat: 'ISO8601_STRING' }, '&formatOptions.timestampOutputFormat=ISO8601_STRING', ISO],
  ])('heed %o in both calls', async (formatOptions, parameters, expected) => {
    const answer = await request(INSTANTS, { formatOptions });
    expect(column(answer, 0)).toEqual(expected);
    expect(column(await results(answer.jobReference.jobId, parameters), 0)).toEqual(expected);
  });

  it("are read by Google's own client as the values that were loaded, by query and by job", async () => {
    const [byQuery] = await own.client.query({ query: ALL, location: LOCATION });
    const [job] = await own.client.createQueryJob({ query: ALL, location: LOCATION });
    const [byJob] = await job.getQueryResults();
    for (const [first] of [byQuery, byJob]) {
      expect(first.c2.toFixed()).toBe('1.5');
      expect(first.c3).toBe(Number.POSITIVE_INFINITY);
      expect(first.c12.value).toBe('POINT(1 2)');
      expect(first.c9.value).toBe('2026-01-02T03:04:05.678901');
    }
    const readable = INSTANTS.replace('ORDER', 'WHERE n < 3 ORDER');
    const expected = ['2026-01-02T03:04:05.678901Z', '1969-12-31T23:59:59Z', '1970-01-01T00:00:00Z'];
    for (const options of [
      {},
      { 'formatOptions.useInt64Timestamp': false },
      { 'formatOptions.timestampOutputFormat': 'ISO8601_STRING' },
    ]) {
      const [times] = await own.client.query({ query: readable, location: LOCATION }, options as never);
      const read = times.map(({ c0 }) => c0.value.replace(/\.?0+Z$/, 'Z'));
      expect(read).toEqual(expected);
    }
  });

  it.each([
    ['a list', 'SELECT [1, 2] AS v', /results of type INTEGER\[\]/],
    ['a struct', "SELECT {'a': 1} AS v", /results of type STRUCT/],
    ['an interval', 'SELECT INTERVAL 1 DAY AS v', /results of type INTERVAL/],
    ['legacy SQL by default', null, /legacy SQL/],
    ['an option that it does not know', 'SELECT 1', /dryRun/],
    ['contradicting options', 'SELECT 1', /useInt64Timestamp with timestampOutputFormat/],
  ])('are refused loudly for %s', async (what, query, message) => {
    const changes: Record<string, object> = {
      'legacy SQL by default': { query: 'SELECT 1', useLegacySql: undefined },
      'an option that it does not know': { dryRun: true },
      'contradicting options': {
        formatOptions: { useInt64Timestamp: true, timestampOutputFormat: 'ISO8601_STRING' },
      },
    };
    await expect(request(query ?? '', changes[what])).rejects.toThrow(message);
  });
});
