import { thousands } from './report.ts';
import { type Best, bestOf, type Result, type Results } from './results.ts';

/** Its ground is transparent: each theme is for a page of that kind. */
export type Theme = 'light' | 'dark';

interface Colors {
  text: string;
  quiet: string;
  ours: string;
  theirs: string;
}

const COLORS: Readonly<Record<Theme, Colors>> = {
  light: { text: '#1f2328', quiet: '#59636e', ours: '#0969da', theirs: '#afb8c1' },
  dark: { text: '#f0f6fc', quiet: '#9198a1', ours: '#4493f8', theirs: '#4b535d' },
};
const WIDTH = 860;
const LINE = 30;
const BAR = 18;
const HEAD = 58;
const FOOT = 28;
const NAMES = 250;
/** Room for the number behind the longest bar. */
const NUMBER = 62;
const PANELS = [
  { x: NAMES, width: 300 - NUMBER },
  { x: NAMES + 310, width: 300 - NUMBER },
] as const;

/** The results as bars: how fast, and what that costs of the CPU. */
export function chartOf({ day, job, machine, server, results }: Results, theme: Theme): string {
  const colors = COLORS[theme];
  const height = HEAD + results.length * LINE + FOOT;
  const bests = results.map(bestOf);
  const isMany = (results[0]?.tables ?? 0) > 1;
  const speed = isMany ? speedOfTables : speedOfRows;
  const body = [
    ...headings(isMany, colors),
    ...results.map((result, at) => nameOf(result, at, colors)),
    ...bars({ values: bests.map((best) => speed(best)), panel: PANELS[0], colors }),
    ...bars({ values: bests.map(costOf), panel: PANELS[1], colors }),
    text({ x: 0, y: height - 8, fill: colors.quiet, size: 11 }, `${job}, ${day} · ${machine} · ${server}`),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" font-family="system-ui, sans-serif">`,
    `<title>${escapeXml(sayAloud(results, bests))}</title>`,
    ...body,
    '</svg>',
    '',
  ].join('\n');
}

interface Value {
  value: number;
  shown: string;
}

const speedOfRows = ({ rowsPerSecond }: Best): Value => ({
  value: rowsPerSecond,
  shown: thousands(rowsPerSecond),
});
const speedOfTables = ({ tablesPerSecond }: Best): Value => ({
  value: tablesPerSecond,
  shown: tablesPerSecond.toFixed(tablesPerSecond < 10 ? 1 : 0),
});
const costOf = ({ cpuSecondsPerMillion }: Best): Value => ({
  value: cpuSecondsPerMillion,
  shown: cpuSecondsPerMillion.toFixed(1),
});

function headings(isMany: boolean, { text: fill, quiet }: Colors): string[] {
  const [speed, cost] = PANELS;
  return [
    text({ x: speed.x, y: 20, fill, size: 14, weight: 600 }, isMany ? 'Tables a second' : 'Rows a second'),
    text({ x: speed.x, y: 38, fill: quiet, size: 11 }, 'longer is better'),
    text({ x: cost.x, y: 20, fill, size: 14, weight: 600 }, 'CPU-seconds for a million rows'),
    text({ x: cost.x, y: 38, fill: quiet, size: 11 }, 'shorter is better'),
  ];
}

function nameOf({ title, format }: Result, at: number, { text: fill, quiet }: Colors): string {
  const y = HEAD + at * LINE + 14;
  const name = escapeXml(title.replaceAll('`', ''));
  return `<text x="${NAMES - 12}" y="${y}" text-anchor="end" font-size="12" fill="${fill}"${at === 0 ? ' font-weight="600"' : ''}>${name} <tspan fill="${quiet}">${format}</tspan></text>`;
}

function bars(input: { values: readonly Value[]; panel: (typeof PANELS)[number]; colors: Colors }): string[] {
  const { values, panel, colors } = input;
  const most = Math.max(...values.map(({ value }) => value));
  return values.flatMap(({ value, shown }, at) => {
    const width = Math.max(2, Math.round((value / most) * panel.width));
    const y = HEAD + at * LINE;
    return [
      `<rect x="${panel.x}" y="${y}" width="${width}" height="${BAR}" rx="3" fill="${at === 0 ? colors.ours : colors.theirs}"/>`,
      text({ x: panel.x + width + 6, y: y + 14, fill: colors.text, size: 12 }, shown),
    ];
  });
}

function text(
  at: { x: number; y: number; fill: string; size: number; weight?: number },
  words: string,
): string {
  const weight = at.weight ? ` font-weight="${at.weight}"` : '';
  return `<text x="${at.x}" y="${at.y}" font-size="${at.size}" fill="${at.fill}"${weight}>${escapeXml(words)}</text>`;
}

/** For those who do not see it. */
function sayAloud(results: readonly Result[], bests: readonly Best[]): string {
  return results
    .map(
      ({ title, format }, at) =>
        `${title.replaceAll('`', '')} (${format}): ${thousands(bests[at]?.rowsPerSecond ?? 0)} rows a second`,
    )
    .join('; ');
}

function escapeXml(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
