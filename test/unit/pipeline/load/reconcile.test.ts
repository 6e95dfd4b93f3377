import { describe, expect, it } from 'vitest';
import { reconcile, type SourceShape } from '../../../../src/pipeline/load/reconcile.ts';
import { tableKey } from '../../../../src/pipeline/names/table-ref.ts';
import type { Manifest } from '../../../../src/pipeline/objects/manifest.ts';
import type { Spec } from '../../../../src/pipeline/objects/spec.ts';
import { answerOf } from '../../../../src/pipeline/source/question.ts';
import { columns } from '../../../../src/pipeline/source/questions/columns.ts';
import { capture, signatureOf } from '../../../support/captures.ts';
import { loadObject, specOf } from '../../../support/samples.ts';

function given(changes: { manifest?: Partial<Manifest>; spec?: Partial<Spec> } = {}): {
  spec: Spec;
  manifest: Manifest;
  load: SourceShape;
} {
  const load = loadObject({ signature: signatureOf(capture()) });
  const spec = specOf(load);
  const manifest: Manifest = {
    version: 1,
    attemptId: spec.attemptId,
    specSha256: 'x',
    rows: 2,
    writer: 'w',
    objects: [],
    policyCounts: {},
    fingerprint: null,
    readers: 1,
    counts: { inside: null, beside: 2 },
    wireBytes: null,
    captures: { before: capture(), after: capture() },
    startedAt: '',
    endedAt: '',
    engine: {},
    ...changes.manifest,
  };
  return { spec: { ...spec, ...changes.spec }, manifest, load };
}

const written = capture({ update_time: '2026-01-03 00:00:00', update_epoch: '6000' });
const fresh = capture({ server_epoch: '5000' });

const columnRow = answerOf(capture(), columns).get(tableKey({ schema: 's', table: 't' }))?.[0] ?? {};
const altered = capture(
  {},
  { columns: { rows: [{ ...columnRow, column_type: 'bigint', data_type: 'bigint' }] } },
);

const keyless = capture({}, { keys: { rows: [] } });
const other = (engine: string) => capture({ engine });

describe('reconcile', () => {
  it.each<[string, Parameters<typeof given>[0], object]>([
    ['one InnoDB statement, nothing written', {}, { consistency: 'snapshot', rowsSource: 2 }],
    [
      'several connections, nothing written',
      { manifest: { readers: 4 } },
      { consistency: 'proven', rowsSource: 2 },
    ],
    [
      'one MyISAM statement, nothing written',
      { spec: { isTransactional: false } },
      { consistency: 'proven', rowsSource: 2 },
    ],
    [
      'one InnoDB statement, written meanwhile',
      {
        manifest: {
          captures: { before: capture(), after: written },
          counts: { inside: null, beside: 9 },
          rows: 5,
        },
      },
      { consistency: 'snapshot', rowsSource: null },
    ],
    [
      'several connections, written meanwhile',
      { manifest: { readers: 2, captures: { before: capture(), after: written } } },
      { consistency: 'fuzzy', rowsSource: null },
    ],
    [
      'stamps that are not settled',
      { manifest: { readers: 2, captures: { before: fresh, after: fresh }, rows: 7 } },
      { consistency: 'fuzzy', rowsSource: null },
    ],
    [
      'one InnoDB statement, and a count that did not end in time',
      { manifest: { counts: { inside: null, beside: null } } },
      { consistency: 'snapshot', rowsSource: null },
    ],
    [
      'rows and their count of one transaction, written meanwhile',
      {
        manifest: {
          captures: { before: capture(), after: written },
          counts: { inside: 5, beside: null },
          rows: 5,
        },
      },
      { consistency: 'snapshot', rowsSource: 5 },
    ],
    [
      'a table that is gone afterwards',
      {
        manifest: {
          readers: 2,
          captures: { before: capture(), after: capture({}, { tables: { rows: [] } }) },
        },
      },
      { consistency: 'fuzzy', rowsSource: null },
    ],
  ])('%s', (_, changes, expected) => {
    expect(reconcile(given(changes))).toEqual(expected);
  });

  it('refuses other rows than the source had when nothing can have changed', () => {
    expect(() => reconcile(given({ manifest: { rows: 1 } }))).toThrow(/2 rows in the source, 1 staged/);
  });

  it('refuses other rows than the very transaction counted, whatever was written meanwhile', () => {
    const moving = { captures: { before: capture(), after: written }, counts: { inside: 2, beside: null } };
    expect(() => reconcile(given({ manifest: { ...moving, rows: 3 } }))).toThrow(
      /2 rows in the transaction that was read, 3 staged/,
    );
  });

  it('refuses a count that disagrees with the checksum of the same pass, whatever was written meanwhile', () => {
    const moving = { captures: { before: capture(), after: written }, fingerprint: '2:7:9' };
    expect(reconcile(given({ manifest: moving }))).toMatchObject({ rowsSource: null });
    expect(() => reconcile(given({ manifest: { ...moving, rows: 3 } }))).toThrow(
      /says 3 rows, its checksum is of 2/,
    );
  });

  it.each([
    ['before the first read', { before: altered, after: altered }],
    ['between the first read and the last', { before: capture(), after: altered }],
    ['and has lost its key', { before: keyless, after: keyless }],
    ['and has another engine', { before: other('MyISAM'), after: other('MyISAM') }],
  ])('refuses rows of a table that was altered %s', (_, captures) => {
    expect(() => reconcile(given({ manifest: { captures } }))).toThrow(/^The table was altered/);
  });

  it('does not mind another key or comment', () => {
    const commented = capture({}, { columns: { rows: [{ ...columnRow, column_comment: 'novo' }] } });
    const captures = { before: commented, after: commented };
    expect(reconcile(given({ manifest: { captures } })).consistency).toBe('snapshot');
  });

  it('refuses rows of another server', () => {
    const other = capture({}, { server: { rows: [{ Variable_name: 'server_uuid', Value: '2' }] } });
    expect(() => reconcile(given({ manifest: { captures: { before: other, after: other } } }))).toThrow(
      /read from uuid:2/,
    );
  });
});
