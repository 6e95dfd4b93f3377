import { BigQuery } from '@google-cloud/bigquery';
import { expect, it } from 'vitest';
import type { CommandContext } from '../../../src/commands/command.ts';
import { query } from '../../../src/commands/query.ts';

const CELLS: [type: string, cell: string, shown: unknown][] = [
  ['NUMERIC', '-1.5', '-1.5'],
  ['BIGNUMERIC', '12345678901234567890123456789012345678.5', '12345678901234567890123456789012345678.5'],
  ['BIGNUMERIC', '0.00000000000000000000000000000000000001', '0.00000000000000000000000000000000000001'],
  ['TIMESTAMP', '1767323045678901', '2026-01-02T03:04:05.678901000Z'],
  ['DATE', '2026-01-02', '2026-01-02'],
  ['BYTES', 'AP8=', 'AP8='],
  ['GEOGRAPHY', 'POINT(1 2)', 'POINT(1 2)'],
  ['INTEGER', '7', 7],
];

it('shows every type as its text, as the client of BigQuery gives it', async () => {
  const fields = CELLS.map(([type], index) => ({ name: `c${index}`, type, mode: 'NULLABLE' }));
  const row = { f: CELLS.map(([, v]) => ({ v })) };
  const rows = BigQuery.mergeSchemaWithRows_({ fields } as never, [row] as never, {} as never);
  const printed: string[] = [];
  const context = {
    config: { settings: {} },
    query: async () => rows,
    activity: () => undefined,
    print: (text: string) => void printed.push(text),
  } as unknown as CommandContext;
  expect(await query.run(['SELECT 1', '--json'], context)).toBe(0);
  await query.run(['SELECT 1'], context);
  expect(Object.values(JSON.parse(printed[0] ?? '')[0])).toEqual(CELLS.map(([, , shown]) => shown));
  for (const [, , shown] of CELLS) expect(printed[1]).toContain(String(shown));
  expect(printed[1]).not.toContain('"');
});
