import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { jsonText } from '../../../src/terminal/json-text.ts';

const COMMANDS = join(import.meta.dirname, '..', '..', '..', 'src', 'commands');

it.each<[string, unknown, string]>([
  [
    'keys, however deep',
    { runId: 'r', tables: [{ rowsLoaded: 1 }] },
    '{"run_id":"r","tables":[{"rows_loaded":1}]}',
  ],
  ['what is spelled so already', { run_id: null }, '{"run_id":null}'],
  [
    'values, which stay',
    { note: 'runId', at: new Date(0) },
    '{"note":"runId","at":"1970-01-01T00:00:00.000Z"}',
  ],
  [
    'names of columns, which stay',
    { policyCounts: { dataNasc: { aB: 1 } } },
    '{"policy_counts":{"dataNasc":{"aB":1}}}',
  ],
  ['what is no object', ['a', 1, null, true], '["a",1,null,true]'],
])('spells %s', (_, value, text) => {
  expect(jsonText(value)).toBe(text);
});

it('is how every command prints JSON, but for the rows of query, whose keys are columns', () => {
  const others = readdirSync(COMMANDS).filter((file) =>
    /print\([^;]*JSON\.stringify/s.test(readFileSync(join(COMMANDS, file), 'utf8')),
  );
  expect(others).toEqual(['query.ts']);
});
