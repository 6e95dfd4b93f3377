import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

/** Every page of the repository, by its path from the root. */
export function markdownPages(): string[] {
  const below = ['docs', 'findings', 'test'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  return [...readdirSync(ROOT), ...below].filter((name) => name.endsWith('.md')).sort();
}

const withoutCode = (text: string) =>
  text.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '``');

/** Relative links, with their anchors. */
export function markdownLinks(text: string): string[] {
  return [...withoutCode(text).matchAll(/\]\((?![a-z]+:)([^)\s]+)/g)].map((match) => match[1] ?? '');
}

/** Anchors that a page has: of its headings by GitHub's rules, and its own. */
export function markdownAnchors(text: string): Set<string> {
  const anchors = new Set([...text.matchAll(/<a id="([^"]+)"/g)].map((match) => match[1] ?? ''));
  for (const [, heading = ''] of text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#{1,6} +(.+)$/gm)) {
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = plain.replaceAll(/[^\p{L}\p{N}\p{M}_\- ]/gu, '').replaceAll(' ', '-');
    let anchor = slug;
    for (let twin = 1; anchors.has(anchor); twin += 1) anchor = `${slug}-${twin}`;
    anchors.add(anchor);
  }
  return anchors;
}

export interface NpmCommand {
  script: string;
  /** What follows `--`, as it is written. */
  args: string;
}

/** npm commands in code, as they are written. */
export function markdownCommands(text: string): NpmCommand[] {
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap((match) =>
    (match[1] ?? '').split('\n'),
  );
  const spans = [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map(
    (match) => match[1] ?? '',
  );
  return [...blocks, ...spans].flatMap((code) => {
    const match = /^npm (?:run (?:-s )?([a-z][\w:-]*)|(start|test))(?: -- ([^#]*))?/.exec(
      code.replaceAll('\\|', '|').trim(),
    );
    return match ? [{ script: match[1] ?? match[2] ?? '', args: (match[3] ?? '').trim() }] : [];
  });
}

/** The parts of a page that people copy from: code blocks and tables, not the prose between. */
export function markdownRecipes(text: string): string {
  const blocks = [...text.matchAll(/^```sh\n[\s\S]*?^```/gm)].map((match) => match[0]);
  return [...blocks, ...text.split('\n').filter((line) => line.startsWith('| `'))].join('\n');
}
