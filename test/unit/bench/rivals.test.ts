import { describe, expect, it } from 'vitest';
import { chartOf } from '../../../bench/rivals/chart.ts';
import { reportOf } from '../../../bench/rivals/report.ts';
import type { Result, Results, Turn } from '../../../bench/rivals/results.ts';

const turn = (seconds: number, cpuSeconds: number): Turn => ({
  ...{ seconds, cpuSeconds, peakBytes: 120e6, serverCpuSeconds: 3 },
});

const result = (name: string, turns: Turn[], changes: Partial<Result> = {}): Result => ({
  ...{ name, title: name, version: '1.0', format: 'csv', tables: 1, rows: 3_000_000, bytes: 482e6, turns },
  ...changes,
});

const results = (...list: Result[]): Results => ({
  ...{ day: '2026-11-28', job: 'lineitem', machine: '2 × EPYC', server: 'MySQL 8.0.31', results: list },
});

const OURS = result('Adutora', [turn(5, 4), turn(6, 3.9), turn(20, 9)]);
const THEIRS = result('`fast` & <sound>', [turn(10, 8), turn(10, 9), turn(60, 12)], { format: 'parquet' });

describe('the report of the rivals', () => {
  it('judges each by the best turn, and by the pairs', () => {
    expect(reportOf(results(OURS, THEIRS))).toBe(
      [
        'lineitem, 2026-11-28: 2 × EPYC; MySQL 8.0.31; turns: 3.',
        '',
        '| tool | version | writes | rows | rows/s, best | Adutora against it: best | median of pairs | CPU-s a million rows | Adutora needs | peak MB | MB written | CPU-s of MySQL |',
        '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
        '| Adutora | 1.0 | csv | 3,000,000 | 600 k |  |  | 1.30 |  | 120 | 482 | 3.00 |',
        '| `fast` & <sound> | 1.0 | parquet | 3,000,000 | 300 k | 2.0 × | 2.0 × | 2.67 | 49 % | 120 | 482 | 3.00 |',
        '',
      ].join('\n'),
    );
  });

  it('compares tools that have read fewer rows by the rows of a second', () => {
    const slow = result('slow', [turn(30, 30), turn(30, 30), turn(30, 30)], { rows: 300_000 });
    expect(reportOf(results(OURS, slow))).toContain('| 300,000 | 10 k | 60 × | 50 × | 100.00 | 1 % |');
  });

  it('counts tables where there are many', () => {
    const many = { tables: 200, rows: 500_000 };
    const report = reportOf(
      results(result('Adutora', [turn(2, 1)], many), result('other', [turn(25, 20)], many)),
    );
    expect(report).toContain('| tables/s, best |');
    expect(report).toContain('| 500,000 | 8.0 | 13 × |');
  });
});

describe('the chart of the rivals', () => {
  const bars = (svg: string) => [
    ...svg.matchAll(/<rect x="(\d+)" y="\d+" width="(\d+)"[^>]* fill="([^"]+)"/g),
  ];

  it.each(['light', 'dark'] as const)('is as long as the numbers, on a %s page', (theme) => {
    const svg = chartOf(results(OURS, THEIRS), theme);
    const [fast, slow, cheap, dear] = bars(svg).map(([, , width]) => Number(width));
    expect((slow ?? 0) / (fast ?? 0)).toBeCloseTo(0.5, 2);
    expect((cheap ?? 0) / (dear ?? 0)).toBeCloseTo(3.9 / 8, 1);
    expect(svg).toContain('>600 k</text>');
  });

  it('shows ours in a colour of its own, another on each page', () => {
    const colors = (['light', 'dark'] as const).map((theme) =>
      bars(chartOf(results(OURS, THEIRS), theme)).map(([, , , fill]) => fill),
    );
    expect(new Set(colors.flat()).size).toBe(4);
    expect(colors[0]?.[0]).toBe(colors[0]?.[2]);
  });

  it('is XML, whatever a tool is called, and says its numbers aloud', () => {
    const svg = chartOf(results(OURS, THEIRS), 'light');
    expect(svg).toContain('fast &amp; &lt;sound&gt; (parquet): 300 k rows a second');
    expect(svg.replaceAll(/<\/?[a-z]+[^<>]*>/g, '')).not.toMatch(/[<>`]/);
  });
});
