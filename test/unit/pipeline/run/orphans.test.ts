import { describe, expect, it } from 'vitest';
import {
  loadName,
  manualRunName,
  runAndLoadOf,
  scheduledRunName,
  timeOfRun,
} from '../../../../src/pipeline/names/index.ts';
import { whyOrphan } from '../../../../src/pipeline/run/orphans.ts';

const NOW = new Date('2026-01-02T03:00:00.000Z');
const runs = {
  slot: scheduledRunName(NOW),
  manual: manualRunName(NOW, 'beef'),
  gone: scheduledRunName(new Date(0)),
};
const TABLE = { schema: 'Escola', table: 'ção-2024' };

describe('names of runs and loads', () => {
  it.each([runs.slot, runs.manual])('%s tells its time, and is found in what begins with it', (runId) => {
    const loadId = loadName(runId, TABLE);
    expect(timeOfRun(runId)).toEqual(NOW);
    expect(runAndLoadOf(`${loadId}-a12`)).toEqual({ runId, loadId });
    expect(runAndLoadOf(`${loadId}-s2-a1`)).toEqual({ runId, loadId });
    expect(runAndLoadOf(`${runId}-v-a1`)).toEqual({ runId, loadId: null });
  });

  it.each(['once-0a1b2c3d-a1', 'doctor', '', '20260102', 'manual-20260102T030000Z-xyz'])(
    '%s is none',
    (name) => {
      expect(timeOfRun(name)).toBeNull();
      expect(runAndLoadOf(name)).toBeNull();
    },
  );
});

describe('a Dataproc job goes on for nobody', () => {
  const load = (runId: string, table = 'a') => loadName(runId, { schema: 's', table });
  const known = {
    runs: new Set([runs.slot, runs.manual]),
    endedRuns: new Set([runs.slot]),
    endedLoads: new Set([load(runs.manual)]),
    openLoads: new Set([load(runs.slot, 'open'), load(runs.gone, 'open')]),
  };
  it.each([
    ['a load that has ended, of a run that goes on', `${load(runs.manual)}-a1`, 'its load has ended'],
    ['a load of a run that goes on', `${load(runs.manual, 'b')}-a1`, null],
    ['a load of a run that has ended', `${load(runs.slot)}-a2`, 'its run has ended'],
    ['a load of it that a person had tried again', `${load(runs.slot, 'open')}-a3`, null],
    ['a load of a run that is gone', `${load(runs.gone)}-a1`, 'its run is gone'],
    ['one whose job waits all the same', `${load(runs.gone, 'open')}-a1`, null],
    ['a look at the source of a run that has ended', `${runs.slot}-v-a1`, 'its run has ended'],
    ['a look at the source of a run that goes on', `${runs.manual}-v-a1`, null],
    ["a person's look", 'once-0a1b2c3d-a1', null],
  ])('%s', (_, name, why) => {
    expect(whyOrphan(name, known)).toBe(why);
  });
});
