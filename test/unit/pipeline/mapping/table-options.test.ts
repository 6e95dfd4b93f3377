import { describe, expect, it } from 'vitest';
import { optionChanges } from '../../../../src/pipeline/load/publish/table-options.ts';
import { optionsOf, type TableOptionRules } from '../../../../src/pipeline/mapping/table-options.ts';
import type { MappedColumn } from '../../../../src/pipeline/objects/load.ts';
import {
  type SetOptionsObject,
  type TableOptions,
  tableOptionsSchema,
} from '../../../../src/pipeline/objects/table-options.ts';
import { partitionsQuery } from '../../../../src/pipeline/source/questions/rows.ts';
import { facts } from '../../../support/fakes/memory-destination.ts';
import { loadObject, sourceColumn } from '../../../support/samples.ts';

const column = (name: string, bigqueryType: string, more: Partial<MappedColumn> = {}): MappedColumn => ({
  ...loadObject().columns[0]!,
  name,
  destinationName: name.toLowerCase(),
  bigqueryType,
  ...more,
});
const COLUMNS = [
  column('Id', 'INT64'),
  column('dia', 'DATE'),
  column('hora', 'TIME'),
  column('nome', 'STRING'),
  column('x', 'FLOAT64'),
];

function design(rules: TableOptionRules = {}, columns = COLUMNS, primaryKey = ['Id']): TableOptions {
  const source = {
    schema: 's',
    table: 't',
    comment: 'da tabela',
    columns: columns.map(({ name }) => sourceColumn({ name, comment: name === 'nome' ? 'do aluno' : '' })),
    primaryKey,
  };
  return optionsOf(source, columns, rules);
}

describe('designTable', () => {
  it('takes comments, the key and the rules, under the names of the destination', () => {
    const rules: TableOptionRules = {
      partitionBy: { column: 'DIA', granularity: 'MONTH' },
      clusterBy: ['nome', 'ID'],
      labels: { a: 'b' },
      expiration: 5,
    };
    expect(design(rules)).toEqual({
      description: 'da tabela',
      columnDescriptions: { nome: 'do aluno' },
      primaryKey: ['id'],
      partitioning: { column: 'dia', granularity: 'MONTH' },
      clustering: ['nome', 'id'],
      labels: { a: 'b' },
      expirationMs: 5,
      recreate: false,
    });
  });

  it.each<[string, MappedColumn[], string[]]>([
    ['a masked part', [column('Id', 'STRING', { mask: { kind: 'hmac' } })], ['Id']],
    ['an excluded part', COLUMNS, ['Id', 'cpf']],
    ['a part of another type', COLUMNS, ['x']],
    [
      'a part that may become NULL',
      [column('dia', 'DATE', { tag: { rule: 'invalid_date', action: 'nullify' } })],
      ['dia'],
    ],
    ['seventeen parts', COLUMNS, Array(17).fill('Id')],
    ['no key', COLUMNS, []],
  ])('declares no key with %s', (_, columns, key) => {
    expect(design({}, columns, key).primaryKey).toEqual([]);
  });

  it.each<[TableOptionRules, string]>([
    [{ partitionBy: { column: 'nome', granularity: 'DAY' } }, 'partitionBy nome arrives as STRING'],
    [{ partitionBy: { column: 'ano', granularity: 'DAY' } }, 'partitionBy ano is no column that arrives'],
    [{ partitionBy: { column: 'dia', granularity: 'HOUR' } }, 'has no hours'],
    [{ clusterBy: ['x'] }, 'clusterBy x arrives as FLOAT64'],
  ])('refuses %j', (rules, message) => {
    expect(() => design(rules)).toThrow(message);
  });

  it('counts partitions in MySQL only as far as it must', () => {
    expect(partitionsQuery({ schema: 's', table: 't' }, COLUMNS, design().partitioning)).toBeNull();
    const partitioned = design({ partitionBy: { column: 'dia', granularity: 'YEAR' } });
    expect(partitionsQuery({ schema: 's', table: 't' }, COLUMNS, partitioned.partitioning)).toBe(
      "SELECT COUNT(*) FROM (SELECT DISTINCT DATE_FORMAT(`dia`, '%Y') AS p FROM `s`.`t` LIMIT 4001) d",
    );
  });
});

describe('optionChanges', () => {
  const endedAt = new Date('2026-01-01T00:00:00Z');
  const there = facts([{ name: 'nome', type: 'STRING', mode: 'NULLABLE' }], 1, '2026-01-01T00:00:00.000Z');
  const nobody: SetOptionsObject = { version: 1, description: [], columns: {}, labels: [], made: null };
  const wanted = (changes: Partial<TableOptions> = {}) => tableOptionsSchema.parse(changes);
  const change = (given: Partial<Parameters<typeof optionChanges>[0]>) =>
    optionChanges({ facts: there, tableOptions: wanted(), ours: nobody, endedAt, ...given });

  it('changes nothing where all is as it should be', () => {
    expect(change({})).toEqual({});
  });

  it('sets what is empty, and what we have set before', () => {
    const described = wanted({ description: 'nova', columnDescriptions: { nome: 'novo' } });
    expect(change({ tableOptions: described })).toEqual({
      description: 'nova',
      columns: [{ name: 'nome', type: 'STRING', mode: 'NULLABLE', description: 'novo' }],
    });
    const before = {
      ...there,
      description: 'velha',
      columns: [{ ...there.columns[0]!, description: 'velho' }],
    };
    const ours: SetOptionsObject = {
      version: 1,
      description: ['x', 'velha'],
      columns: { nome: ['velho'] },
      labels: [],
      made: null,
    };
    expect(change({ facts: before, tableOptions: described, ours })).toMatchObject({ description: 'nova' });
    expect(change({ facts: before, tableOptions: wanted(), ours })).toMatchObject({ description: '' });
  });

  it('leaves what people have set', () => {
    const theirs = {
      ...there,
      description: 'deles',
      columns: [{ ...there.columns[0]!, description: 'deles' }],
    };
    const described = wanted({ description: 'nova', columnDescriptions: { nome: 'novo' } });
    expect(change({ facts: theirs, tableOptions: described })).toEqual({});
  });

  it('sets labels beside those of people, and takes away its own that the rules no longer have', () => {
    const labelled = { ...there, labels: { theirs: '1', old: '2', same: '3' } };
    const ours: SetOptionsObject = { ...nobody, labels: ['old', 'same'] };
    expect(
      change({ facts: labelled, tableOptions: wanted({ labels: { same: '3', fresh: '4' } }), ours }),
    ).toEqual({
      labels: { fresh: '4', old: null },
    });
  });

  it('declares a key and takes it away; renews an expiration', () => {
    expect(change({ tableOptions: wanted({ primaryKey: ['nome'] }) })).toEqual({ primaryKey: ['nome'] });
    expect(change({ facts: { ...there, primaryKey: ['nome'] } })).toEqual({ primaryKey: [] });
    const expiring = wanted({ expirationMs: 86_400_000 });
    const expiresAt = '2026-01-02T00:00:00.000Z';
    expect(change({ tableOptions: expiring })).toEqual({ expiresAt });
    expect(change({ facts: { ...there, expiresAt }, tableOptions: expiring })).toEqual({});
  });
});
