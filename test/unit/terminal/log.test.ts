import { pino } from 'pino';
import { beforeEach, expect, it } from 'vitest';
import { muteRepeats } from '../../../src/terminal/log.ts';

let nowMs: number;
let lines: Record<string, unknown>[];
let log: ReturnType<typeof pino>;

beforeEach(() => {
  nowMs = 0;
  lines = [];
  log = pino(
    { base: null, timestamp: false, hooks: { logMethod: muteRepeats(() => nowMs) } },
    { write: (line) => void lines.push(JSON.parse(line)) },
  );
});

it('says the same warning once, and after a minute how often it was heard meanwhile', () => {
  for (let heard = 0; heard < 100; heard += 1) log.warn({ err: 'connect ECONNREFUSED' }, 'redis');
  nowMs = 60_000;
  log.warn({ err: 'connect ECONNREFUSED' }, 'redis');
  expect(lines).toEqual([
    { level: 40, err: 'connect ECONNREFUSED', msg: 'redis' },
    { level: 40, repeated: 99, err: 'connect ECONNREFUSED', msg: 'redis' },
  ]);
});

it('leaves out nothing that differs, and no news', () => {
  const child = log.child({ role: 'worker' });
  for (const one of [log, child, log, child]) {
    one.warn({ err: 'a' }, 'redis');
    one.warn({ err: 'b' }, 'redis');
    one.info({ runId: 'r' }, 'run started');
  }
  expect(lines.filter(({ level }) => level === 40)).toHaveLength(4);
  expect(lines.filter(({ level }) => level === 30)).toHaveLength(4);
});
