import Table from 'cli-table3';
import { inOneLine, styled } from './terminal-text.ts';

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

const NUMBER = /^-?[\d,]+(\.\d+)?( (B|kB|MB|GB|TB|s))?$/;
const NOT_KNOWN = new Set(['', '–', 'NULL']);

/** Whether a column holds numbers, some of which may not be known. */
function isNumeric(cells: readonly string[]): boolean {
  const known = cells.filter((cell) => !NOT_KNOWN.has(cell));
  return known.length > 0 && known.every((cell) => NUMBER.test(cell));
}

/** A cell is one line of text, or several. */
type Cell = string | readonly string[];

/** Rows in columns for a terminal, without colours or borders; numbers stand on the right. */
export function textTable(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const table = new Table({
    head: head.map(cellText),
    colAligns: head.map((_, index) =>
      isNumeric(rows.map((row) => cellText(row[index] ?? ''))) ? ('right' as const) : ('left' as const),
    ),
    chars: NO_BORDERS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) table.push(row.map(cellText));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function cellText(cell: Cell): string {
  return typeof cell === 'string' ? inOneLine(cell) : cell.map(inOneLine).join('\n');
}

/** A number with thin groups, or a dash for what is not known. */
export function shownNumber(value: number | null): string {
  return value === null ? '–' : value.toLocaleString('en-US');
}

const COLOURS: Record<string, 'green' | 'red' | 'yellow' | 'dim'> = {
  loaded: 'green',
  succeeded: 'green',
  ok: 'green',
  failed: 'red',
  fail: 'red',
  cancelled: 'yellow',
  warn: 'yellow',
  running: 'yellow',
  skipped: 'dim',
  superseded: 'dim',
};

/** A status in its colour, on a terminal that wants colours (NO_COLOR, FORCE_COLOR). */
export function shownStatus(status: string): string {
  const colour = COLOURS[status];
  return colour ? styled(colour, status) : status;
}

/** Time between two moments (ISO) in its two largest units; a dash where one is not known. */
export function shownDuration(from: string | null, to: string | null): string {
  if (from === null || to === null) return '–';
  const seconds = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1_000));
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

/** Bytes in the unit that fits. */
export function shownBytes(bytes: number | null): string {
  if (bytes === null) return '–';
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return `${(bytes / 1_000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
