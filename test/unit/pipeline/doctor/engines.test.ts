import { describe, expect, it } from 'vitest';
import { judgeConnections, judgeEngines } from '../../../../src/pipeline/doctor/engines.ts';
import type { Capture } from '../../../../src/pipeline/objects/capture.ts';
import type { EngineChoice } from '../../../../src/pipeline/objects/engine.ts';

const SMALL: EngineChoice = { engine: 'direct', engineReason: 'small' };
const LARGE: EngineChoice = { engine: 'dataproc', engineReason: 'large' };
const UNKNOWN: EngineChoice = { engine: 'dataproc', engineReason: 'size_unknown' };
const NAMED: EngineChoice = { engine: 'dataproc', engineReason: 'setting' };

describe('doctor looks at who reads the tables', () => {
  it.each<[EngineChoice[], string]>([
    [[], 'no table to read'],
    [[NAMED], '1 table by dataproc (setting 1)'],
    [
      [SMALL, LARGE, SMALL, UNKNOWN, LARGE],
      '2 tables by direct (small 2); 3 tables by dataproc (large 2, size_unknown 1)',
    ],
  ])('%j: %s', (choices, found) => {
    expect(judgeEngines(choices)).toMatchObject({ check: 'engine.tables', status: 'ok', found });
  });
});

describe('doctor looks at the connections that loads may hold', () => {
  const answers = (ofAll: number, open: number, ofUser = 0): Capture => ({
    connection_limits: { rows: [{ of_all: String(ofAll), of_user: String(ofUser) }] },
    open_connections: { rows: [{ Variable_name: 'Threads_connected', Value: String(open) }] },
  });
  it.each<[string, Capture, string, RegExp]>([
    ['room for all', answers(151, 12), 'ok', /^4 loads at once, .*; 12 of max_connections 151 are open$/],
    ['room for just all', answers(17, 12), 'ok', /12 of max_connections 17/],
    ['one too few', answers(16, 12), 'warn', /12 of max_connections 16/],
    ['room for the user', answers(151, 12, 5), 'ok', /max_user_connections is 5/],
    ['one too few for the user', answers(151, 12, 4), 'warn', /max_user_connections is 4/],
    [
      'a server that does not tell',
      { ...answers(1, 1), open_connections: { errno: 1227, message: 'no' } },
      'warn',
      /does not tell/,
    ],
  ])('%s', (_, capture, status, found) => {
    expect(judgeConnections(capture, 4)).toMatchObject({ status, found: expect.stringMatching(found) });
  });
});
