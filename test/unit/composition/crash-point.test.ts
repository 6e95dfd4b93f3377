import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { armCrashPoint } from '../../../src/composition/arm-crash-point.ts';
import { loadConfig } from '../../../src/config/config.ts';
import {
  CRASH_POINTS,
  type CrashPoint,
  crashPoints,
  reached,
} from '../../../src/pipeline/errors/crash-point.ts';
import { configProblems, GOOD_SETTINGS, settingsFolder } from '../../support/settings.ts';

const ALL = Object.keys(CRASH_POINTS) as CrashPoint[];
const STAND_INS = {
  BIGQUERY_EMULATOR_HOST: '127.0.0.1:9050',
  GCS_API_ENDPOINT: 'localhost:4443',
  DATAPROC_API_ENDPOINT: '127.0.0.1:8470',
};
const crashAt = (text: string) =>
  loadConfig({ ...GOOD_SETTINGS, ...STAND_INS, CRASH_AT: text }, settingsFolder()).crashAt;

/**
 * Signals that an armed process would have sent itself, with the point at which it came to them.
 */
function arm(text: string): { sent: string[]; pass(point: CrashPoint): void } {
  const sent: string[] = [];
  let at = '';
  disarm = armCrashPoint(crashAt(text), (signal) => sent.push(`${signal} at ${at}`));
  return {
    sent,
    pass: (point) => {
      at = point;
      reached(point);
    },
  };
}
let disarm: () => void = () => undefined;
afterEach(() => disarm());

describe('a crash point', () => {
  it('does nothing where nobody has armed one, and nobody listens', () => {
    const config = loadConfig({ ...GOOD_SETTINGS, ...STAND_INS }, settingsFolder());
    expect(config.crashAt).toBeNull();
    armCrashPoint(config.crashAt);
    expect(crashPoints.hasSubscribers).toBe(false);
    for (const point of ALL) reached(point);
  });

  it.each(ALL)('%s kills the process that is armed for it, and no other point does', (point) => {
    const { sent, pass } = arm(point);
    for (const other of ALL) pass(other);
    expect(sent).toEqual([`SIGKILL at ${point}`]);
  });

  it('may hold a process up, and may be passed some times first', () => {
    const { sent, pass } = arm('F10:stop#3');
    for (let time = 1; time <= 5; time += 1) {
      pass('F10');
      if (time < 3) expect(sent).toEqual([]);
    }
    expect(sent).toEqual(['SIGSTOP at F10']);
  });

  it.each(ALL)('%s stands in the code', (point) => {
    const root = join(import.meta.dirname, '..', '..', '..', 'src');
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    );
    const call = `reached('${point}')`;
    expect(files.filter((file) => readFileSync(join(root, file), 'utf8').includes(call))).not.toEqual([]);
  });
});

describe('CRASH_AT', () => {
  const only =
    'CRASH_AT: makes a worker die on purpose: only tests may set it, over stand-ins of all of Google.';

  it.each(Object.keys(STAND_INS))('is refused, whatever it says, where %s is the real thing', (key) => {
    const settings = { ...GOOD_SETTINGS, ...STAND_INS, CRASH_AT: 'F7' };
    expect(configProblems({ ...settings, [key]: '' })).toEqual([only]);
  });

  it.each(['F15', 'f7', 'F7:die', 'F7#0', 'F7#', '7', 'toString'])('is refused as %s', (text) => {
    expect(configProblems({ ...GOOD_SETTINGS, ...STAND_INS, CRASH_AT: text })).toEqual([
      expect.stringContaining('CRASH_AT: expected one of F1, F2'),
    ]);
  });

  it('names point, way and time', () => {
    expect(crashAt('F7')).toEqual({ point: 'F7', how: 'kill', time: 1 });
    expect(crashAt('F11p:stop#2')).toEqual({ point: 'F11p', how: 'stop', time: 2 });
  });
});
