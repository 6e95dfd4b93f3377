import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as names from '../../../../src/pipeline/names/index.ts';

/** The same names in every run of the tests. */
const SEED = 13;
const check = <T>(values: fc.Arbitrary<T>, same: (value: T) => void) =>
  fc.assert(
    // What `same` gives back is no verdict.
    fc.property(values, (value) => void same(value)),
    { seed: SEED, numRuns: 300 },
  );

const letters = (alphabet: string, sizes: { minLength: number; maxLength: number }) =>
  fc.string({ ...sizes, unit: fc.constantFrom(...alphabet) });
const hex = (length: number) => letters('0123456789abcdef', { minLength: length, maxLength: length });
/** As many of them as can be look like another installation's, or like a part of a name. */
const sourceId = fc.oneof(
  letters('abcdefghijklmnopqrstuvwxyz0123456789-', { minLength: 0, maxLength: 19 }).map((rest) => `s${rest}`),
  fc.constantFrom('a', 'main', 'manual', 'x-manual', 'doctor', 'restore-a1', 's-a1-p1'),
);
const second = fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => new Date(seconds * 1_000));
const run = fc.oneof(
  fc.record({ trigger: fc.constant('scheduled' as const), at: second }),
  fc.record({ trigger: fc.constant('manual' as const), at: second, random: hex(4) }),
);
const makeRun = (of: names.RunName) =>
  of.trigger === 'scheduled' ? names.scheduledRunName(of.at) : names.manualRunName(of.at, of.random);
const runId = run.map(makeRun);
const table = fc.record({
  schema: fc.string({ minLength: 1, maxLength: 64, unit: 'grapheme' }),
  table: fc.string({ minLength: 1, maxLength: 64, unit: 'grapheme' }),
});
/** Of any table, and of one whose hash looks like the number of an attempt. */
const key = fc.oneof(
  table.map(names.tableObjectKey),
  fc.constantFrom('s-t-a12345678901', 'r2-drop-a00000000001', 'beef-beef-beefbeefbeef'),
);
const loadId = fc.tuple(runId, key).map(([of, which]) => `${of}-${which}`);
const number = fc.integer({ min: 1, max: 99 });
const attemptId = fc.tuple(loadId, number).map(([of, attemptNumber]) => names.attemptName(of, attemptNumber));
const capture = fc.oneof(
  fc.record({ kind: fc.constant('verify' as const), runId, number }),
  fc.record({ kind: fc.constant('reshape' as const), loadId, attemptNumber: number }),
  fc.record({ kind: fc.constant('once' as const), random: hex(8) }),
);
const file = letters('abcdef0123456789._-', { minLength: 1, maxLength: 30 });

describe('what was made is read back', () => {
  it('runs, loads and attempts', () => {
    check(run, (of) => expect(names.parseRun(makeRun(of))).toEqual(of));
    check(fc.record({ runId, key }), (of) => expect(names.parseLoad(`${of.runId}-${of.key}`)).toEqual(of));
    check(fc.tuple(runId, table), ([of, which]) =>
      expect(names.parseLoad(names.loadName(of, which))).toEqual({
        runId: of,
        key: names.tableObjectKey(which),
      }),
    );
    check(fc.record({ loadId, attemptNumber: number }), (of) =>
      expect(names.parseAttempt(names.attemptName(of.loadId, of.attemptNumber))).toEqual(of),
    );
    check(fc.tuple(runId, key, number), ([of, which, n]) =>
      expect(names.runAndLoadOf(names.attemptName(`${of}-${which}`, n))).toEqual({
        runId: of,
        loadId: `${of}-${which}`,
      }),
    );
  });

  it('captures and their tries', () => {
    check(capture, (of) => expect(names.parseCapture(names.captureName(of))).toEqual(of));
    check(fc.record({ capture: capture.map(names.captureName), tryNumber: number }), (of) =>
      expect(names.parseCaptureTry(names.captureTryName(of.capture, of.tryNumber))).toEqual(of),
    );
  });

  it('job ids of Dataproc', () => {
    check(fc.tuple(sourceId, attemptId), ([of, name]) =>
      expect(names.nameInJobId(of, names.dataprocJobId(of, name))).toBe(name),
    );
    check(fc.tuple(sourceId, hex(8)), ([of, random]) =>
      expect(names.parseDoctorJobId(of, names.doctorJobId(of, random))).toEqual({ random }),
    );
  });

  it('job ids of BigQuery', () => {
    check(fc.record({ sourceId, attemptId, publishNumber: number }), (of) => {
      const { sourceId: installation, ...rest } = of;
      expect(names.parsePublishJobId(installation, names.publishJobId(of))).toEqual(rest);
    });
    check(fc.tuple(sourceId, fc.uuid()), ([of, random]) =>
      expect(names.parseHistoryMergeJobId(of, names.historyMergeJobId(of, random))).toEqual({ random }),
    );
    check(fc.tuple(sourceId, table, second, fc.option(second)), ([of, which, at, modified]) => {
      const lastModified = modified?.toISOString() ?? null;
      const id = names.restoreJobId({ sourceId: of, table: which, at, lastModified });
      expect(names.parseRestoreJobId(of, id)).toEqual({
        key: names.tableObjectKey(which),
        atMs: at.getTime(),
        lastModifiedMs: modified?.getTime() ?? null,
      });
    });
  });

  it('job ids that go with another', () => {
    const publish = fc
      .tuple(sourceId, attemptId)
      .map(([of, name]) => names.publishJobId({ sourceId: of, attemptId: name, publishNumber: 1 }));
    check(publish, (id) => {
      expect(names.parseCompanion(id)).toBeNull();
      const place = names.placeJobId(id);
      expect(names.parseCompanion(place)).toEqual({ as: 'place', id });
      expect(names.parseCompanion(names.putBackJobId(id))).toEqual({ as: 'put-back', id });
      expect(names.parseCompanion(names.dropJobId(place))).toEqual({ as: 'drop', id: place });
      for (const [index, copy] of names.copyJobIds(place).entries())
        expect(names.parseCompanion(copy)).toEqual(
          index === 0 ? { as: 'place', id } : { as: 'copy', id: place, copyNumber: index + 1 },
        );
    });
  });

  it('job ids of history rows', () => {
    const status = fc.constantFrom('loaded', 'failed', 'skipped', 'superseded', 'cancelled');
    check(fc.record({ loadId, attempts: fc.nat(99), status }), (of) =>
      expect(names.parseHistoryRowJobId(names.historyRowJobId(of))).toEqual(of),
    );
  });

  it('labels, as far as they go', () => {
    const sha256 = hex(64);
    check(fc.tuple(sourceId, runId, key, number, sha256), ([of, ran, which, attemptNumber, specSha256]) => {
      const made = { sourceId: of, runId: ran, loadId: `${ran}-${which}`, attemptNumber, specSha256 };
      const labels = names.jobLabels(made);
      expect(names.parseJobLabels(labels)).toEqual({
        sourceId: of,
        runId: ran,
        tableHash: which.slice(-12),
        attemptNumber,
        spec: specSha256.slice(0, 32),
      });
      expect(names.isOurs({ labels }, specSha256)).toBe(true);
      expect(names.isOurs({ labels }, `x${specSha256.slice(1)}`)).toBe(false);
      const merge = { labels: names.historyMergeLabels(of, specSha256) };
      expect(names.isMergeOf(merge, specSha256)).toBe(true);
      expect(names.isOurs(merge, specSha256)).toBe(false);
      expect(names.isOurs({ labels: names.probeLabels({ ...made, purpose: 'verify' }) }, specSha256)).toBe(
        true,
      );
    });
  });

  it('Redis keys, none of which is a queue’s', () => {
    const service = fc.constantFrom('dataproc', 'gcs');
    check(fc.tuple(sourceId, key, service, fc.oneof(runId, loadId)), ([of, tableKey, about, name]) => {
      const keys = names.redisKeys(of);
      const { lease, outageSuspects, outageOpenings, cancel, cancelTaken, cancelled, ...plain } = keys;
      const made = {
        ...plain,
        lease: lease(tableKey),
        outageSuspects: outageSuspects(about),
        outageOpenings: outageOpenings(about),
        cancel: cancel(name),
        cancelTaken: cancelTaken(name),
        cancelled: cancelled(name),
      };
      const ofOthers = { lease: tableKey, outageSuspects: about, outageOpenings: about };
      const ofName = { cancel: name, cancelTaken: name, cancelled: name };
      const expected: Record<string, string> = { ...ofOthers, ...ofName };
      for (const [is, redisKey] of Object.entries(made))
        expect(names.parseRedisKey(of, redisKey)).toEqual({ is, of: expected[is] ?? null });
      const queueKey = `${names.queuePrefix(of)}:ingest`;
      expect(names.parseRedisKey(of, `${queueKey}:${name}`)).toBeNull();
      expect(names.parseJobKey(`${queueKey}:${name}`)).toEqual({ queueKey, id: name });
    });
  });

  it('objects', () => {
    const parts = fc.record({ sourceId, runId, key, attemptNumber: number, sha256: hex(64), file });
    check(fc.tuple(parts, capture.map(names.captureName)), ([of, asked]) => {
      const own = names.objectNames(of.sourceId);
      const { runId: ran, key: tableKey, attemptNumber, sha256, file: part } = of;
      const load = `${ran}-${tableKey}`;
      const attempt = names.attemptName(load, attemptNumber);
      const ofRun = { runId: ran };
      const ofLoad = { ...ofRun, loadId: load };
      const ofAttempt = { attemptId: attempt };
      const made: [string, names.ObjectName][] = [
        [own.installation, { is: 'installation' }],
        [own.pauses, { is: 'pauses' }],
        [own.acknowledged, { is: 'acknowledged' }],
        [own.historyMerge, { is: 'historyMerge' }],
        [own.request(ran), { is: 'request', ...ofRun }],
        [own.tables(ran), { is: 'tables', ...ofRun }],
        [own.summary(ran), { is: 'summary', ...ofRun }],
        [own.load(ran, load), { is: 'load', ...ofLoad }],
        [own.reshapedLoad(ran, load, attemptNumber), { is: 'reshapedLoad', ...ofLoad, attemptNumber }],
        [own.cancelled(ran, load), { is: 'cancelled', ...ofLoad }],
        [own.end(ran, load), { is: 'end', ...ofLoad }],
        [own.state(tableKey), { is: 'state', tableKey }],
        [own.design(tableKey), { is: 'design', tableKey }],
        [own.spec(attempt), { is: 'spec', ...ofAttempt }],
        [own.manifest(attempt), { is: 'manifest', ...ofAttempt }],
        [own.publish(attempt), { is: 'publish', ...ofAttempt }],
        [own.guard(attempt), { is: 'guard', ...ofAttempt }],
        [own.accepted(attempt), { is: 'accepted', ...ofAttempt }],
        [own.progress(attempt), { is: 'progress', ...ofAttempt }],
        [own.attemptError(attempt), { is: 'attemptError', ...ofAttempt }],
        [`${own.data(attempt)}w/${part}`, { is: 'dataObject', ...ofAttempt, file: `w/${part}` }],
        [
          `${own.captureTry(asked, attemptNumber)}${part}`,
          { is: 'captureObject', capture: asked, tryNumber: attemptNumber, file: part },
        ],
        [own.code(sha256, part), { is: 'code', sha256, file: part }],
      ];
      for (const [name, says] of made) expect(names.parseObjectName(of.sourceId, name)).toEqual(says);
      expect(names.parseObjectName('other', own.installation)).toBeNull();
    });
  });
});

describe('what begins so is found by its prefix', () => {
  it('in the bucket', () => {
    const own = names.objectNames('main');
    const attempt = names.attemptName('R-L', 2);
    expect(own.reshapedLoad('R', 'R-L', 2).startsWith(own.reshapedLoads('R', 'R-L'))).toBe(true);
    expect(own.end('R', 'R-L').startsWith(own.ends('R'))).toBe(true);
    for (const prefix of [
      own.attempts('R-L'),
      own.stagesOfRun('R'),
      own.stages,
      own.stage(attempt),
      own.home,
    ])
      expect(own.spec(attempt).startsWith(prefix)).toBe(true);
    expect(own.captureTry('c', 2).startsWith(own.captures('c'))).toBe(true);
  });
});

describe('one order of runs', () => {
  it('is newest first, manual among slots, and what is no run last', () => {
    const runs = ['notes', '20260101T000000Z', 'manual-20260103T000000Z-beef', '20260102T000000Z'];
    expect(runs.toSorted(names.newestRunFirst)).toEqual([
      'manual-20260103T000000Z-beef',
      '20260102T000000Z',
      '20260101T000000Z',
      'notes',
    ]);
  });
});
