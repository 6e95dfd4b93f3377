/**
 * A full stop behind one of these ends no sentence. Without their last full stop, in small letters.
 */
const SHORT_FORMS = new Set(['e.g', 'i.e', 'etc', 'cf', 'vs', 'nº', 'p. ex', 'p.ex', 'sr', 'dr', 'fig']);

/**
 * The sentences of a page, as people read them: of paragraphs, headings, list items, quotes, and of
 * each cell of a table. Fenced blocks are left out. A code span or a bare address counts as one
 * word; of a link only its text counts.
 */
export function sentencesOf(markdown: string): string[] {
  return blocksOf(markdown).flatMap((block) => split(plainText(block)));
}

/** Words of a sentence: whatever has a letter or a digit. */
export function wordsOf(sentence: string): string[] {
  return sentence.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
}

/** Texts that no sentence crosses. */
function blocksOf(markdown: string): string[] {
  const blocks: string[] = [];
  let isOpen = false;
  for (const line of withoutFences(markdown).split('\n')) {
    const text = line.trim();
    if (text.startsWith('|')) {
      blocks.push(...cellsOf(text));
      isOpen = false;
      continue;
    }
    const [, marker = '', rest = ''] = /^((?:[-*+>] +|\d+[.)] +|#{1,6} +)*)(.*)$/.exec(text) ?? [];
    if (isOpen && marker === '' && rest !== '') blocks.push(`${blocks.pop() ?? ''} ${rest}`);
    else if (rest !== '') blocks.push(rest);
    isOpen = rest !== '' && !marker.includes('#');
  }
  return blocks;
}

function withoutFences(markdown: string): string {
  return markdown.replaceAll(/^ *(```|~~~)[\s\S]*?^ *\1[^\n]*$/gm, '').replaceAll(/<!--[\s\S]*?-->/g, '');
}

/** The cells of a row of a table; a bar in a code span, or behind a backslash, is no border. */
function cellsOf(row: string): string[] {
  return row
    .replaceAll(/`[^`]*`/g, 'Code')
    .replaceAll('\\|', ' ')
    .split('|')
    .map((cell) => cell.trim())
    .filter((cell) => /[\p{L}\p{N}]/u.test(cell));
}

function plainText(block: string): string {
  return block
    .replaceAll(/`[^`]*`/g, 'Code')
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/<[^>]+>/g, '')
    .replaceAll(/\bhttps?:\/\/\S*[^\s.,;:)]/g, 'Address')
    .replaceAll(/[*_]{1,3}(?=\S)|(?<=\S)[*_]{1,3}/g, '');
}

function split(text: string): string[] {
  const sentences: string[] = [];
  let from = 0;
  for (const match of text.matchAll(/[.!?]+["')\]”’]*(?=\s|$)/g)) {
    const to = match.index + match[0].length;
    const [before = ''] = /\S*$/.exec(text.slice(0, match.index)) ?? [];
    if (SHORT_FORMS.has(before.replace(/^[("'“]/, '').toLowerCase()) && to < text.length) continue;
    sentences.push(text.slice(from, to).trim());
    from = to;
  }
  return [...sentences, text.slice(from).trim()].filter((sentence) => wordsOf(sentence).length > 0);
}
