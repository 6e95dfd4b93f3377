import { describe, expect, it } from 'vitest';
import type { ColumnRules } from '../../../src/pipeline/column-mapping/column-rules.ts';
import { type DesignRules, mapDesign } from '../../../src/pipeline/column-mapping/map-design.ts';
import { mapTable } from '../../../src/pipeline/column-mapping/map-table.ts';
import type { MappedColumn, Mask } from '../../../src/pipeline/objects/load.ts';
import { NO_DESIGN, type TableDesign } from '../../../src/pipeline/objects/table-design.ts';
import { facts } from '../../support/fakes/memory-destination.ts';
import { FRESH, load, setUpLoad } from '../../support/load-set-up.ts';
import { loadObject, sourceColumn } from '../../support/samples.ts';

const table = { schema: 's', table: 't' };
const arriving = (name: string, bigqueryType: string, mask: Mask | null = null): MappedColumn => ({
  ...loadObject().columns[0]!,
  name,
  destinationName: name.replace('ã', '_'),
  bigqueryType,
  mask,
});
const COLUMNS = [
  arriving('id', 'INT64'),
  arriving('Dia', 'DATE'),
  arriving('hora', 'TIME'),
  arriving('criado', 'TIMESTAMP'),
  arriving('nota', 'FLOAT64'),
  arriving('cpf', 'STRING', { kind: 'hmac' }),
  arriving('nada', 'DATE', { kind: 'nullify' }),
  arriving('irmã', 'STRING'),
];
const by = (column: string, granularity: 'HOUR' | 'DAY' = 'DAY') => ({
  partitionBy: { column, granularity },
});

describe('the layout of a destination', () => {
  it('names columns as they are called in BigQuery, whatever case the rules use', () => {
    expect(mapDesign(table, COLUMNS, { ...by('dia'), clusterBy: ['ID', 'irmã', 'cpf'] })).toEqual({
      partitionBy: { column: 'Dia', granularity: 'DAY' },
      clusterBy: ['id', 'irm_', 'cpf'],
    });
    expect(mapDesign(table, COLUMNS, undefined)).toEqual(NO_DESIGN);
  });

  it.each<[string, DesignRules, string, RegExp]>([
    ['a column that is not there', by('data'), 'RULE_UNMATCHED', /no column data .* bigquery.partitionBy/],
    ['a TIME', by('hora'), 'RULE_UNSUITABLE', /hora: it arrives as TIME, and DATE, DATETIME, TIMESTAMP/],
    ['hours of a DATE', by('Dia', 'HOUR'), 'RULE_UNSUITABLE', /partitionBy by HOUR cannot use Dia/],
    ['a masked date', by('nada'), 'RULE_UNSUITABLE', /its mask makes every value NULL/],
    ['clustering by a FLOAT64', { clusterBy: ['nota'] }, 'RULE_UNSUITABLE', /nota: it arrives as FLOAT64/],
    ['clustering by nothing', { clusterBy: ['x'] }, 'RULE_UNMATCHED', /no column x/],
    ['clustering twice by one', { clusterBy: ['id', 'ID'] }, 'RULE_UNSUITABLE', /a column twice/],
  ])('refuses %s', (_, rules, code, message) => {
    expect(() => mapDesign(table, COLUMNS, rules)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  it('refuses the table at verify, also for a column that a rule excludes', () => {
    const sourceColumns = [
      sourceColumn(),
      sourceColumn({ name: 'dia', dataType: 'date', columnType: 'date' }),
    ];
    const map = (columns: ColumnRules['columns']) =>
      mapTable({ table, sourceColumns, rules: { columns, bigquery: by('dia') }, flavour: 'mysql' });
    expect(map({})).toMatchObject({ refusal: null, design: { partitionBy: { column: 'dia' } } });
    expect(map({ dia: { exclude: true } })).toMatchObject({
      refusal: { code: 'RULE_UNMATCHED' },
      columns: [],
    });
  });
});

describe('a load of a table with a layout', () => {
  const design: TableDesign = { partitionBy: { column: 'dia', granularity: 'DAY' }, clusterBy: ['c'] };
  const there = (is: TableDesign) =>
    facts([{ name: 'c', type: 'INT64', mode: 'NULLABLE' }], 2, '2026-01-01T00:00:00.000Z', is);

  it('makes the table with it, and says nothing of it where the table is there', async () => {
    const { run, destination } = setUpLoad();
    expect(await run(FRESH, { ...load, design })).toMatchObject({ outcome: 'loaded' });
    const again = setUpLoad();
    again.destination.tables.set('s.t', there({ ...design, clusterBy: ['C'] }));
    expect(await again.run(FRESH, { ...load, design })).toMatchObject({ outcome: 'loaded' });
    expect([...destination.published, ...again.destination.published].map((one) => one.design)).toEqual([
      design,
      null,
    ]);
  });

  it.each<[string, TableDesign]>([
    ['no layout', NO_DESIGN],
    ['other partitions', { ...design, partitionBy: { column: 'dia', granularity: 'MONTH' } }],
    ['another order of clustering', { ...design, clusterBy: ['d', 'c'] }],
  ])('is refused before anything is staged where the table has %s', async (_, is) => {
    const { run, destination, engine, stage } = setUpLoad();
    destination.tables.set('s.t', there(is));
    const wanted = { ...design, clusterBy: ['c', 'd'] };
    expect(await run(FRESH, { ...load, design: wanted })).toMatchObject({
      outcome: 'failed',
      error: { code: 'TABLE_DESIGN_DIFFERS', hint: expect.stringContaining('DROP TABLE `s.t`') },
    });
    expect(engine.started).toEqual([]);
    expect(await stage.list('')).toEqual([]);
  });

  it('leaves a layout that people made where the configuration asks for none', async () => {
    const { run, destination } = setUpLoad();
    destination.tables.set('s.t', there(design));
    expect(await run()).toMatchObject({ outcome: 'loaded' });
    expect(destination.tables.get('s.t')?.design).toEqual(design);
  });
});
