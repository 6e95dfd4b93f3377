import { describe, expect, it } from 'vitest';
import { sourceFiles } from '../../support/source-files.ts';

/** How a name would be cut or glued by hand. Each comes with a line that does it, `§` for `$`. */
const BY_HAND: readonly [what: string, pattern: RegExp, example: string][] = [
  ['an attempt or a try', /-a\$\{/, 'const id = `§{loadId}-a§{n}`;'],
  ['a prefix of attempts', /\}-a`/, 'const prefix = `§{loadId}-a`;'],
  ['a publish', /-p\$\{/, 'const id = `§{attemptId}-p§{n}`;'],
  ['a capture', /\}-[sv](`|\$\{)|`once-/, 'const name = `§{runId}-v§{n}`;'],
  ['a copy', /\}-r\$\{/, 'const id = `§{copyId}-r§{n}`;'],
  ['a companion', /\}-(drop|place|restore|put-back|history|doctor|probe)\b/, 'const id = `§{job.id}-place`;'],
  ['an id of ours', /`\$\{(\w+\.)?(sourceId|installation|SOURCE_ID)\}[-/]/, 'const id = `§{sourceId}-x`;'],
  ['a load', /\$\{(\w+\.)?runId\}-/, 'const id = `§{runId}-§{key}`;'],
  ['a run', /['"`^(]manual-/, "const isManual = runId.startsWith('manual-');"],
  ['a time in a run', /\\d\{8\}T/, 'const time = /\\d{8}T\\d{6}Z/;'],
  ['a number in a name', /-a\(?\\?\[?\(?(\\d|0-9)/, 'const number = /-a(\\d+)/.exec(name);'],
  ['an object', /\/(\^?\(\\d\+\)\\\/)\w+\\\.json|\\\.json\$?\//, 'const spec = /^(\\d+)\\/spec\\.json$/;'],
  ['the name of an object', /\}\w*(\/\w+)*\/?[a-z]+\.json`/, 'const name = `§{folder}probe.json`;'],
  ['the hash of a label', /\.slice\(0, 32\)/, 'const label = sha256.slice(0, 32);'],
  ['the hash of a table', /\.slice\(-12\)/, 'const hash = loadId.slice(-12);'],
  ['a label read by hand', /labels\??\.?\[?['.](spec|rows|run|load|attempt)\b/, "job.labels['spec']"],
  ['a label of ours', /\{ installation: /, 'list({ installation: sourceId })'],
  [
    'a key in Redis',
    /:(lease|processes|life-signs|next-submission|doctor|outage|cancel\w*|probe|suspects|openings|by)\b[-:`'$]/,
    'const key = `§{prefix}:lease:§{table}`;',
  ],
  ['the prefix of Redis', /adutora-\$\{|\$\{queuePrefix\(/, 'const key = `§{queuePrefix(sourceId)}:x`;'],
  ['the id in a key', /lastIndexOf\(':'\)/, "key.slice(key.lastIndexOf(':') + 1)"],
  ['an address', /gs:\/\/\$\{[^}]*\}\/\$\{[^`]*\}`[,;)]?$/, 'const uri = `gs://§{bucket}/§{name}`;'],
  ['a beginning', /(run|load|attempt)Id\.(slice|split|startsWith|replace)\(/, "runId.startsWith('2026')"],
  ['a part of a path', /name\.(split\('\/'\)|slice\(prefix)/, "name.split('/')[2]"],
];

/** Lines of code (comments apart) that do so. */
function byHand(file: string, text: string): string[] {
  return text.split('\n').flatMap((line, index) => {
    if (/^\s*(\/\*\*|\*|\/\/)/.test(line)) return [];
    const found = BY_HAND.find(([, pattern]) => pattern.test(line));
    return found ? [`${file}:${index + 1} makes or cuts ${found[0]} by hand: ${line.trim()}`] : [];
  });
}

describe('names', () => {
  it.each(BY_HAND)('%s by hand is noticed', (_, pattern, marked) => {
    const example = marked.replaceAll('§', '$');
    expect(example).toMatch(pattern);
    expect(byHand('x.ts', `  ${example}`)).toHaveLength(1);
    expect(byHand('x.ts', `  // ${example}`)).toEqual([]);
  });

  it('are made and read in their room alone: src/pipeline/names', () => {
    const files = sourceFiles(['src'], /\.ts$/).filter(({ file }) => !file.startsWith('src/pipeline/names/'));
    expect(files.length).toBeGreaterThan(150);
    expect(files.flatMap(({ file, text }) => byHand(file, text))).toEqual([]);
  });
});
