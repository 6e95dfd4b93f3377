import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../support/markdown.ts';
import { sourceFiles } from '../../support/source-files.ts';

const DOMAIN = join(ROOT, 'src', 'pipeline');

/** The rooms of the domain, from the ground up: each may look only at those before it. */
const ROOMS = [
  ...['names', 'errors', 'objects', 'ports', 'history', 'source', 'mapping', 'verify', 'load', 'run'],
  ...['interventions', 'doctor'],
];

interface Import {
  /** The file that imports, from the top of the repository. */
  from: string;
  /** The file of the domain that it imports, from `src/pipeline`. */
  to: string;
}

/** Every import of a file of the domain by a file of these folders. */
function importsOf(folders: readonly string[]): Import[] {
  return sourceFiles(folders, /\.ts$/).flatMap(({ file, text }) =>
    [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].flatMap(([, specifier]) => {
      const to = relative(DOMAIN, resolve(ROOT, dirname(file), specifier ?? ''));
      return to.startsWith('..') ? [] : [{ from: file, to }];
    }),
  );
}

/** The room that a file from the top of the repository stands in; null outside the domain. */
const roomOf = (file: string) => /^src\/pipeline\/([^/]+)\//.exec(file)?.[1] ?? null;

/** Imports that go past a door: into another room by anything but its `index.ts`. */
function windows(imports: readonly Import[]): string[] {
  return imports
    .filter(({ from, to }) => {
      const [room = '', file] = to.split('/');
      return roomOf(from) !== room && file !== 'index.ts';
    })
    .map(({ from, to }) => `${from} climbs into ${to}; take it from the room's door`);
}

/** Imports of a room that stands above. */
function upwards(imports: readonly Import[]): string[] {
  return imports
    .filter(({ from, to }) => {
      const room = roomOf(from);
      return room !== null && ROOMS.indexOf(to.split('/')[0] ?? '') > ROOMS.indexOf(room);
    })
    .map(({ from, to }) => `${from} looks up at ${to}`);
}

describe('rooms of the domain', () => {
  const imports = importsOf(['src', 'local', 'prove', 'bench', 'docs']);

  it('are these, and nothing lies beside them', () => {
    const found = readdirSync(DOMAIN, { withFileTypes: true });
    expect(found.map(({ name }) => name).sort()).toEqual([...ROOMS].sort());
    expect(found.every((entry) => entry.isDirectory())).toBe(true);
  });

  it('are entered by their doors', () => {
    expect(imports.length).toBeGreaterThan(300);
    expect(windows(imports)).toEqual([]);
    expect(windows([{ from: 'src/queues/a.ts', to: 'load/fence.ts' }])).toHaveLength(1);
    expect(windows([{ from: 'src/pipeline/run/a.ts', to: 'load/fence.ts' }])).toHaveLength(1);
    expect(windows([{ from: 'src/pipeline/load/a.ts', to: 'load/fence.ts' }])).toEqual([]);
  });

  it('keep publish behind two doors of its own', () => {
    const PUBLISH = 'load/publish/';
    const isInside = (from: string) => from.startsWith(`src/pipeline/${PUBLISH}`);
    const into = imports.filter(({ from, to }) => to.startsWith(PUBLISH) && !isInside(from));
    expect(into.length).toBeGreaterThan(0);
    expect(into.filter(({ to }) => to !== `${PUBLISH}index.ts`)).toEqual([]);
    const index = readFileSync(join(DOMAIN, PUBLISH, 'index.ts'), 'utf8');
    const doors = [...index.matchAll(/export \{ (.+) \}/g)].flatMap(([, names = '']) => names.split(', '));
    expect(doors).toEqual(['confirmPublish', 'publishStage']);
  });

  it('look only at rooms below', () => {
    expect(upwards(imports)).toEqual([]);
    expect(upwards([{ from: 'src/pipeline/load/a.ts', to: 'run/index.ts' }])).toHaveLength(1);
  });

  it('are mirrored by the unit tests', () => {
    const tested = readdirSync(join(ROOT, 'test', 'unit', 'pipeline'));
    expect(tested.filter((name) => !ROOMS.includes(name))).toEqual([]);
  });
});

describe('files of the domain', () => {
  const counts = sourceFiles(['src/pipeline'], /\.ts$/).map(
    ({ file, text }) => [file, text.match(/^import /gm)?.length ?? 0] as const,
  );

  it('have at most 12 import statements, and 3 at the median', () => {
    expect(counts.filter(([, count]) => count > 12)).toEqual([]);
    const sorted = counts.map(([, count]) => count).sort((a, b) => a - b);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(3);
  });
});
