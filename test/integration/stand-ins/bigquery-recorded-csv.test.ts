import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import recorded from '../../fixtures/recorded-bigquery-csv.json' with { type: 'json' };
import { type OwnBigQuery, openBigQuery } from '../../support/bigquery-stand-in.ts';

let own: OwnBigQuery;
beforeAll(async () => {
  own = await openBigQuery();
});
afterAll(() => own?.close());

/** A value as text; numbers without the zeros that DuckDB's DECIMAL prints. */
const shown = (type: string) =>
  ({
    TIMESTAMP: "strftime(v AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')",
    NUMERIC: 'CAST(CAST(v AS DOUBLE) AS VARCHAR)',
  })[type] ?? 'CAST(v AS VARCHAR)';
const words: Record<string, string> = { '-inf': '-Infinity', nan: 'NaN', '1000.0': '1000' };

async function loadCell(type: string, text: string, changes: object = {}) {
  const schema = {
    fields: [
      { name: 'n', type: 'INT64' },
      { name: 'v', type },
    ],
  };
  const job = await own.load('cell', [await own.put(text)], { schema, ...changes });
  const error = job.status.errorResult?.reason ?? null;
  return {
    error,
    rows: error ? [] : await own.rows(`SELECT ${shown(type)} AS v FROM \`d.cell\` ORDER BY n`),
  };
}

describe('CSV cells, as the real BigQuery was recorded to read them', () => {
  it.each(recorded.cells)('$type $cell', async ({ type, cell, value }) => {
    const { error, rows } = await loadCell(type, `1,${cell}\n`);
    const [found] = rows as { v: string }[];
    if (value === undefined) expect(error).toBe('invalid');
    else expect([error, words[found?.v ?? ''] ?? found?.v]).toEqual([null, value]);
  });

  it.each(recorded.emptyUnquotedIsNull)(
    'an empty field of %s is NULL where no null marker is set',
    async (type) => {
      expect(await loadCell(type, '1,\n', { nullMarker: '' })).toEqual({ error: null, rows: [{ v: null }] });
    },
  );

  it('the last line needs no end', async () => {
    expect((await loadCell('STRING', '1,"a"\n2,"b"')).rows).toEqual([{ v: 'a' }, { v: 'b' }]);
  });

  it('lines that end with CRLF, which the real one reads, are refused here and not misread', async () => {
    expect(await loadCell('STRING', '1,"a"\r\n2,"b"\r\n')).toEqual({ error: 'notImplemented', rows: [] });
  });
});
