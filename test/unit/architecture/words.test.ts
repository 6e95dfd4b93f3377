import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LOAD_STEPS } from '../../../src/pipeline/load/load-deps.ts';
import { ENGINE_REASONS } from '../../../src/pipeline/names/index.ts';
import {
  historyRowSchema,
  specSchema,
  stateObjectSchema,
  summaryObjectSchema,
} from '../../../src/pipeline/objects/index.ts';
import { UNFINISHED } from '../../../src/queues/unfinished-runs.ts';
import { RUN_STEPS, WAITING } from '../../../src/workers/job-steps.ts';
import { ROOT } from '../../support/markdown.ts';

const page = readFileSync(join(ROOT, 'docs', 'architecture.md'), 'utf8');

/** The first cells of the table below a heading, with the meanings beside them. */
function rowsBelow(heading: string, text = page): { word: string; meaning: string }[] {
  const lines = text.split('\n');
  const from = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading);
  if (from < 0) throw new Error(`docs/architecture.md has no heading "${heading}".`);
  const rest = lines.slice(from + 1);
  const to = rest.findIndex((line) => /^#+ /.test(line));
  return rest
    .slice(0, to < 0 ? rest.length : to)
    .filter((line) => line.startsWith('| '))
    .slice(2)
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, word = '', meaning = '']) => ({ word: word.replaceAll('`', ''), meaning }));
}

/** Every word that a newcomer meets in the code, and could not guess. */
const WORDS = [
  ...['installation', 'source', 'destination', 'bucket', 'rule', 'policy', 'mask', 'table options'],
  ...['slot', 'tick', 'run', 'verify', 'capture', 'signature', 'fingerprint', 'decision', 'reason'],
  ...[
    'refusal',
    'wave',
    'load',
    'lease',
    'attempt',
    'budget',
    'interruption',
    'ticket',
    'spec',
    'engine',
    'stage',
  ],
  ...['manifest', 'reconcile', 'guard', 'fence', 'intent', 'publish', 'history row', 'summary'],
  ...['outage', 'pause', 'repair', 'terminal, transient'],
];

const { shape: row } = historyRowSchema;
const LISTS: Readonly<Record<string, readonly string[]>> = {
  'How a table ended in a run (`status` in history)': row.status.options,
  'How a run ended (`status` in its summary)': summaryObjectSchema.shape.status.options,
  '`decision`': row.decision.options,
  '`trigger`': row.trigger.options,
  '`engine`': specSchema.shape.engine.options,
  '`engineReason` (`engine_reason` in history)': Object.keys(ENGINE_REASONS),
  '`consistency`': row.consistency.unwrap().options,
  "Steps of a load (the board's progress)": [...LOAD_STEPS, WAITING],
  "Steps of a run (the board's progress)": RUN_STEPS,
  'Outcomes of a job (what a processor returns)': [
    ...readFileSync(join(ROOT, 'src', 'workers', 'settle-job.ts'), 'utf8').matchAll(
      /^ {2}\| \{ outcome: '(\w+)'/gm,
    ),
  ].map(([, outcome = '']) => outcome),
  'How far a run is (`npm run runs`)': UNFINISHED,
  'Intents of the fence': stateObjectSchema.shape.intent.unwrap().shape.kind.options,
};

describe('the words of docs/architecture.md', () => {
  it('are these, each with one meaning', () => {
    const words = rowsBelow('Words');
    expect(words.map(({ word }) => word)).toEqual(WORDS);
    expect(new Set(words.map(({ word }) => word)).size).toBe(words.length);
    expect(words.filter(({ meaning }) => meaning.length < 20)).toEqual([]);
  });

  it.each(Object.entries(LISTS))('%s: those of the code, and no other', (heading, list) => {
    const rows = rowsBelow(heading);
    expect(rows.map(({ word }) => word).sort()).toEqual([...list].sort());
    expect(rows.filter(({ meaning }) => meaning === '')).toEqual([]);
  });

  it('every list below "Statuses" is one of the code', () => {
    const below = page.slice(page.indexOf('\n## Statuses\n') + 1);
    const part = below.slice(0, below.indexOf('\n## '));
    const headings = [...part.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading);
    expect(headings.sort()).toEqual(Object.keys(LISTS).sort());
  });

  it('are read from tables', () => {
    const planted = '## One\n\n| a | b |\n| - | - |\n| `x` | y |\n\n## Two\n\n| a | b |\n| - | - |\n';
    expect(rowsBelow('One', planted)).toEqual([{ word: 'x', meaning: 'y' }]);
    expect(rowsBelow('Two', planted)).toEqual([]);
    expect(() => rowsBelow('Three', planted)).toThrow('no heading');
  });
});

it('the rooms of docs/architecture.md are those of the domain', () => {
  const rooms = readdirSync(join(ROOT, 'src', 'pipeline')).map((room) => `src/pipeline/${room}/`);
  expect(
    rowsBelow('The rooms of the domain')
      .map(({ word }) => word)
      .sort(),
  ).toEqual(rooms.sort());
});

describe('the bucket of docs/crash-safety.md', () => {
  const jsonNames = (text: string) =>
    [...text.matchAll(/[\w-]+\.json/g)]
      .map(([name]) => name.replace(/^LOAD/, ''))
      .filter((name) => !/^(-aN)?\.json$|^package\.json$/.test(name));

  it('has every object that is named, and no other', () => {
    const room = join(ROOT, 'src', 'pipeline', 'names');
    const code = readdirSync(room).map((file) => readFileSync(join(room, file), 'utf8'));
    const safety = readFileSync(join(ROOT, 'docs', 'crash-safety.md'), 'utf8');
    const [, block = ''] = /## The bucket\n[\s\S]*?```\n([\s\S]*?)```/.exec(safety) ?? [];
    const told = new Set(jsonNames(block));
    expect(told.size).toBeGreaterThan(15);
    // Of a capture only the folder is named: what lies in it is the engine's own.
    const named = new Set([...jsonNames(code.join('\n')), 'probe.json', 'result.json']);
    expect([...told].sort()).toEqual([...named].sort());
  });
});
