import { blobs, NULL, text, texts, type ValueColumn } from './cells.ts';

const HARD_TEXTS = [
  '',
  'NULL',
  '\\N',
  '\\NABCD',
  ' antes e depois  ',
  'linha\r\num\rdois\ntrês\n',
  'aspas " "" \' ` \\ \\" \\\\',
  ',;\t|',
  'nulo \0 dentro \u0001\u001f\u007f',
  '\uFEFF bom, \u2028 \u200b \u0301',
  '🎓👩‍👩‍👧 𝔘 \u{10FFFF}',
  '!2024-02-31',
  '!',
  '"',
  '""',
  '\n',
  'ação ÃÕ ñ ß Ž €',
];
const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, index) => index));

export const TEXTS: ValueColumn[] = [
  {
    name: 'vc',
    ddl: 'VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    cells: [...texts(...HARD_TEXTS), NULL],
  },
  {
    name: 'lt',
    ddl: 'LONGTEXT CHARACTER SET utf8mb4',
    cells: [...texts(...HARD_TEXTS), [`REPEAT('x"ç', 20000)`, 'x"ç'.repeat(20_000)]],
  },
  {
    name: 'ch',
    ddl: 'CHAR(20) CHARACTER SET utf8mb4',
    cells: [
      [text('  dois'), '  dois'],
      [text('dois  '), 'dois'],
      [text(''), ''],
    ],
  },
  {
    name: 'en',
    ddl: "ENUM('um', 'd\"ois', 'três', '') CHARACTER SET utf8mb4",
    cells: [
      ["'um'", 'um'],
      ["'d\"ois'", 'd"ois'],
      [text('três'), 'três'],
      ["'não há'", ''],
      ["''", ''],
    ],
  },
  {
    name: 'se',
    ddl: "SET('a', 'b', 'ç') CHARACTER SET utf8mb4",
    cells: [
      ["'a,b'", 'a,b'],
      ["''", ''],
      [text('ç,a'), 'a,ç'],
    ],
  },
  {
    name: 'bn',
    ddl: 'BINARY(4)',
    cells: [
      ["X'61'", '61000000'],
      ["X'00000000'", '00000000'],
      ["X'21202122'", '21202122'],
    ],
  },
  {
    name: 'vb',
    ddl: 'VARBINARY(300)',
    cells: blobs(
      ALL_BYTES,
      Buffer.alloc(0),
      Buffer.from('!'),
      Buffer.alloc(58, 0xff),
      Buffer.alloc(57, 0x20),
    ),
  },
  { name: 'bl', ddl: 'LONGBLOB', cells: [...blobs(ALL_BYTES, Buffer.alloc(0), Buffer.from('\\N')), NULL] },
  { name: 'cb', ddl: 'CHAR(3) CHARACTER SET binary', cells: [["X'0061'", '006100']] },
];

/**
 * Text of each character set that its own bytes make hard: trail bytes that look like a backslash,
 * wide and rare characters.
 */
const CHARSET_TEXTS: Readonly<Record<string, string>> = {
  armscii8: 'ԱՖ«»',
  big5: '許功蓋 \\ é'.replace(' é', ''),
  cp1250: 'Žluťoučký €',
  cp1251: 'Съешь ё №',
  cp1256: 'گچپژ €',
  cp1257: 'ĄČĘĖĮ €',
  cp850: 'ação ½ ß',
  cp852: 'Žluťoučký ß',
  cp866: 'Съешь ё',
  cp932: '表ソ能 ① ～ ｱ',
  dec8: 'ação Ÿ',
  eucjpms: '表ソ能 ① ｱ',
  euckr: '똠방 한글'.replace('똠방 ', ''),
  gb18030: '𠀀 € 誠 \\',
  gb2312: '汉字 、',
  gbk: '誠縗乗 \\',
  geostd8: 'აბგჰ',
  greek: 'Αλφα ΰ',
  hebrew: 'אבגת',
  hp8: 'Àé',
  keybcs2: 'Žluťoučký',
  koi8r: 'Съешь ё',
  koi8u: 'Їжак ґ',
  latin1: '€ação ÿ† Ž',
  latin2: 'Žluťoučký ß',
  latin5: 'İıĞğŞş',
  latin7: 'ĄČĘĖĮ',
  macce: 'Žluťoučký',
  macroman: 'ação Ÿ',
  sjis: '表ソ能 ｱ',
  tis620: 'กขฃ๛',
  ucs2: 'ação 表 \0 \uFFFD',
  ujis: '表ソ能 ｱ',
  utf16: '🎓 ação \u{10FFFF}',
  utf16le: '🎓 ação \u{10FFFF}',
  utf32: '🎓 ação \u{10FFFF}',
  utf8: 'ação 表 \uFFFD',
  utf8mb3: 'ação 表 \uFFFD',
  utf8mb4: '🎓 ação \u{10FFFF}',
};

/** One column a character set that the server has; `binary` is bytes. */
export function charsetColumns(charsets: readonly string[]): ValueColumn[] {
  return charsets
    .filter((charset) => charset !== 'binary')
    .map((charset) => {
      const ascii = charset === 'swe7' ? 'az AZ 09 " ,' : 'az AZ 09 " , \\N';
      return {
        name: `cs_${charset}`,
        ddl: `TEXT CHARACTER SET ${charset}`,
        cells: texts(ascii, CHARSET_TEXTS[charset] ?? 'abc', ' x ', '!', '!?a?'),
      };
    });
}
