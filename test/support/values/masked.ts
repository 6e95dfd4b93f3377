import { text, type ValueColumn } from './cells.ts';

export const CANARY = 'canario-7f3a9c';
/** Columns that a rule hides, with what of them may arrive. */
export const MASKED: ValueColumn[] = [
  {
    name: 'm_hmac',
    ddl: 'VARCHAR(60) CHARACTER SET latin1',
    rule: '{ mask: hmac }',
    cells: [
      [text(`${CANARY}-ação`), `${CANARY}-ação`],
      [text(''), ''],
      [text('!x'), '!x'],
    ],
  },
  {
    name: 'm_data',
    ddl: 'DATE',
    rule: '{ mask: hmac }',
    cells: [
      ["'2024-02-31'", '2024-02-31'],
      ["'2024-01-01'", '2024-01-01'],
    ],
  },
  {
    name: 'm_blob',
    ddl: 'BLOB',
    rule: '{ mask: hmac }',
    cells: [
      ["X'00FF21'", 'AP8h'],
      ["''", ''],
    ],
  },
  { name: 'm_json', ddl: 'JSON', rule: '{ mask: hmac }', cells: [['\'{"a":1}\'', '{"a": 1}']] },
];
export const HIDDEN: ValueColumn[] = [
  {
    name: 'm_trunc',
    ddl: 'VARCHAR(60) CHARACTER SET utf8mb4',
    rule: '{ mask: truncate(3) }',
    cells: [
      [text(`🎓é1${CANARY}`), '🎓é1'],
      [text(''), ''],
      [text('ab'), 'ab'],
    ],
  },
  {
    name: 'm_bytes',
    ddl: 'BLOB',
    rule: '{ mask: truncate(2) }',
    cells: [
      ["X'00FF21'", '00FF'],
      ["''", ''],
    ],
  },
  { name: 'm_null', ddl: 'DATE', rule: '{ mask: nullify }', cells: [["'2024-01-01'", null]] },
  { name: 'm_nulo', ddl: 'VARCHAR(60)', rule: '{ mask: nullify }', cells: [[`'${CANARY}'`, null]] },
];
export const EXCLUDED: ValueColumn[] = [
  { name: 'm_fora', ddl: 'VARCHAR(60)', rule: '{ exclude: true }', cells: [[`'${CANARY}'`, null]] },
];
