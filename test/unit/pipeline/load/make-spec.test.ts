import { describe, expect, it } from 'vitest';
import { mapColumn } from '../../../../src/pipeline/mapping/map-column.ts';
import type { Spec } from '../../../../src/pipeline/objects/spec.ts';
import { loadObject, sourceColumn, specOf } from '../../../support/samples.ts';

const columns = [
  sourceColumn({ name: 'id' }),
  sourceColumn({ name: 'dia', dataType: 'date', columnType: 'date' }),
  sourceColumn({ name: 'foto', dataType: 'blob', columnType: 'blob' }),
  sourceColumn({ name: 'doc', dataType: 'json', columnType: 'json' }),
  sourceColumn({ name: 'forma', dataType: 'point', columnType: 'point' }),
].map((column) => mapColumn({ column, rule: {}, policies: {}, flavour: 'mysql' }));

const specBy = (engine: Spec['engine'], hasFingerprint = false) =>
  specOf(loadObject({ columns, hasFingerprint, engine }));
const listOf = ({ queries }: Spec) => /^SELECT (.*) FROM /.exec(queries.select.replaceAll('\n', ''))?.[1];
const cellsOf = (spec: Spec) => spec.columns.map(({ cell, tag }) => (tag ? `${cell} ${tag.rule}` : cell));

describe('the spec of an engine', () => {
  it('has Spark read text that the server has made and tested', () => {
    const spec = specBy('dataproc');
    expect(listOf(spec)).toBe(
      columns.map(({ expression }, i) => `${expression.replaceAll('\n', '')} AS c${i}`).join(', '),
    );
    expect(cellsOf(spec)).toEqual([
      'text',
      'text invalid_date',
      'text value_too_long',
      'text value_too_long',
      'text value_too_long',
    ]);
  });

  it('has the direct engine read plain columns, and make the tests that it can', () => {
    const spec = specBy('direct');
    expect(listOf(spec)).toMatch(/^`id` AS c0, `dia` AS c1, `foto` AS c2, `doc` AS c3, COALESCE\(ST_AsText/);
    expect(cellsOf(spec)).toEqual(['text', 'date invalid_date', 'base64', 'text', 'text value_too_long']);
  });

  it('sums the same checksum of a row for both', () => {
    const checksum = (engine: Spec['engine']) =>
      /LEFT\(SHA2.* AS fp/s.exec(specBy(engine, true).queries.select)?.[0];
    expect(checksum('direct')).toContain('CAST(`id` AS CHAR)');
    expect(checksum('direct')).toBe(checksum('dataproc'));
  });
});
