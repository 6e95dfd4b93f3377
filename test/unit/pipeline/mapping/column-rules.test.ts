import { describe, expect, it } from 'vitest';
import type { ColumnRules } from '../../../../src/pipeline/mapping/column-rules.ts';
import { configHash } from '../../../../src/pipeline/mapping/config-hash.ts';
import { mapTable, maskedColumns } from '../../../../src/pipeline/mapping/map-table.ts';
import { checkRulesMatch, type RulePlace } from '../../../../src/pipeline/mapping/unmatched-rules.ts';
import type { SourceColumn } from '../../../../src/pipeline/objects/load.ts';
import type { Flavour } from '../../../../src/pipeline/objects/run.ts';
import { tableOptionsSchema } from '../../../../src/pipeline/objects/table-options.ts';
import { sourceColumn } from '../../../support/samples.ts';

const table = { schema: 's', table: 't' };
const column = (name: string, columnType: string, more: Partial<SourceColumn> = {}) =>
  sourceColumn({ name, columnType, dataType: /^\w+/.exec(columnType)?.[0] ?? '', ...more });
const COLUMNS = [
  column('id', 'int'),
  { ...column('CPF', 'varchar(11)'), characterSet: 'utf8mb4' },
  column('foto', 'longblob'),
  column('dia', 'date'),
  column('ativo', 'tinyint(1)'),
  column('onde', 'point'),
];

const server = (...schemas: string[]) => ({ schemas, foldsCase: false });
const map = (rules: ColumnRules, columns = COLUMNS, flavour: Flavour = 'mysql') =>
  mapTable({ table, sourceColumns: columns, rules, flavour });
const one = (name: string, rules: ColumnRules) => map(rules).columns.find((found) => found.name === name);

describe('rules by column', () => {
  it('leave an excluded column out of the SELECT and the destination, whatever its type', () => {
    const columns = [...COLUMNS, column('v', 'quaternion(3)')];
    const mapped = map({ columns: { v: { exclude: true }, cpf: { exclude: true } } }, columns);
    expect(mapped.refusal).toBeNull();
    expect(mapped.columns.map(({ name }) => name)).toEqual(['id', 'foto', 'dia', 'ativo', 'onde']);
    expect(maskedColumns(mapped.columns, mapped.excludedColumns)).toEqual({ CPF: 'exclude', v: 'exclude' });
  });

  it.each<[string, ColumnRules, object]>([
    [
      'CPF',
      { columns: { cpf: { mask: { kind: 'nullify' } } } },
      { expression: 'CAST(NULL AS CHAR)', bigqueryType: 'STRING' },
    ],
    [
      'dia',
      { columns: { dia: { mask: { kind: 'nullify' } } } },
      { expression: 'CAST(NULL AS CHAR)', bigqueryType: 'DATE', tag: null },
    ],
    [
      'CPF',
      { columns: { cpf: { mask: { kind: 'truncate', length: 3 } } } },
      { expression: 'CONVERT(LEFT(`CPF`, 3) USING utf8mb4)' },
    ],
    [
      'foto',
      { columns: { foto: { mask: { kind: 'truncate', length: 3 } } } },
      { bigqueryType: 'BYTES', expression: expect.stringContaining('TO_BASE64(LEFT(`foto`, 3))') },
    ],
    [
      'dia',
      { columns: { dia: { mask: { kind: 'hmac' } } } },
      { bigqueryType: 'STRING', form: 'quoted', tag: null, expression: 'CAST(`dia` AS CHAR)' },
    ],
    [
      'foto',
      { columns: { foto: { mask: { kind: 'hmac' } } } },
      { bigqueryType: 'STRING', tag: { rule: 'value_too_long', action: 'error' } },
    ],
    [
      'ativo',
      { columns: { ativo: { type: 'bool' } } },
      { bigqueryType: 'BOOL', form: 'bare', tag: { rule: 'not_bool', action: 'error' } },
    ],
    [
      'CPF',
      { columns: { cpf: { type: 'json' } } },
      { bigqueryType: 'JSON', tag: { rule: 'not_json', action: 'error' } },
    ],
    [
      'onde',
      { columns: { onde: { type: 'geography' } } },
      { bigqueryType: 'GEOGRAPHY', tag: { rule: 'not_wgs84', action: 'error' } },
    ],
    [
      'id',
      { columns: { id: { type: 'string' } } },
      { bigqueryType: 'STRING', form: 'quoted', expression: 'CAST(`id` AS CHAR)' },
    ],
    [
      'dia',
      { policies: { invalidDates: 'error' }, columns: { dia: { invalidDates: 'string' } } },
      { bigqueryType: 'STRING' },
    ],
  ])('make %s arrive by %j', (name, rules, expected) => {
    expect(one(name, rules)).toMatchObject(expected);
  });

  it.each<[ColumnRules, string, RegExp]>([
    [{ columns: { cpf2: {} }, namedColumns: ['Cpf2'] }, 'RULE_UNMATCHED', /no column Cpf2/],
    [
      { columns: { id: { mask: { kind: 'truncate', length: 2 } } } },
      'RULE_UNSUITABLE',
      /^Column id \(int\): truncate/,
    ],
    [{ columns: { cpf: { mask: { kind: 'hmac' }, type: 'json' } } }, 'RULE_UNSUITABLE', /hmac gives a type/],
    [{ columns: { cpf: { type: 'bool' } } }, 'RULE_UNSUITABLE', /type: bool/],
    [
      { columns: Object.fromEntries(COLUMNS.map(({ name }) => [name.toLowerCase(), { exclude: true }])) },
      'NO_COLUMN_LEFT',
      /every column/,
    ],
  ])('refuse the table for %j', (rules, code, message) => {
    expect(map(rules)).toMatchObject({
      columns: [],
      refusal: { code, message: expect.stringMatching(message) },
    });
  });

  it.each([
    [
      { where: 'tables.s.T', scope: { name: 's.T' }, columns: ['cpf'] },
      /tables\.s\.T: there is no table s\.T \(did you mean s\.t\?\)/,
    ],
    [{ where: 'tables.t', scope: { name: 't' }, columns: [] }, /no table t \(did you mean s\.t\?\)/],
    // A typing error in the name of a table whose rules name no column: guard, fingerprint,
    // partitions, bigquery, policies.
    [
      { where: 'tables.s.tt', scope: { name: 's.tt' }, columns: [] },
      /no table s\.tt \(misspelt, dropped, or hidden from MYSQL_USER\)/,
    ],
    [
      { where: 'schemas.s', scope: { schema: 's' }, columns: ['cpfs'] },
      /schemas\.s\.columns: no table has a column cpfs/,
    ],
    [
      { where: 'schemas.S', scope: { schema: 'S' }, columns: [] },
      /schemas\.S: MYSQL_SCHEMAS has no S \(did you mean s\?\)/,
    ],
    [{ where: 'source', scope: {}, columns: ['id', 'x'] }, /no table has a column x/],
  ])('refuse the run for %j', (place, message) => {
    const check = () => checkRulesMatch([place], [{ ...table, columns: COLUMNS }], server('s', 'empty'));
    expect(check).toThrow(message);
  });

  it('may be for a schema without tables, and for a table by any kind of rule', () => {
    const places = [
      { where: 'schemas.empty', scope: { schema: 'empty' }, columns: [] },
      { where: 'tables.s.t', scope: { name: 's.t' }, columns: [] },
    ];
    expect(() =>
      checkRulesMatch(places, [{ ...table, columns: COLUMNS }], server('s', 'empty')),
    ).not.toThrow();
  });

  it('refuse no run for a column that may be in a table that is locked, and gives none', () => {
    const place = { where: 'source', scope: {}, columns: ['x'] };
    const tables = [
      { ...table, columns: COLUMNS },
      { ...table, table: 'locked', columns: [] },
    ];
    expect(() => checkRulesMatch([place], tables, server('s'))).not.toThrow();
  });

  it('match whatever the case', () => {
    const place = { where: 'source', scope: {}, columns: ['cpf', 'DIA'] };
    expect(() => checkRulesMatch([place], [{ ...table, columns: COLUMNS }], server('s'))).not.toThrow();
    expect(map({ namedColumns: ['cPf'] }).refusal).toBeNull();
  });
});

describe('rules of a server where letter case does not count (lower_case_table_names)', () => {
  const folding = { schemas: ['Academico'], foldsCase: true };
  const alunos = { schema: 'academico', table: 'alunos', columns: COLUMNS };
  const check = (scope: RulePlace['scope'], tables = [alunos], where = 'there') =>
    checkRulesMatch([{ where, scope, columns: [] }], tables, folding);

  it('may be spelled as one likes, if they mean a table that is there', () => {
    expect(() => check({ name: 'Academico.ALUNOS' })).not.toThrow();
    expect(() => check({ schema: 'ACADEMICO' })).not.toThrow();
    expect(() => check({ name: 'Academico.Aluno' })).toThrow(/no table academico\.aluno/);
  });

  it('that are patterns with capitals would match nothing, and exclude nothing, where names are kept in lower case', () => {
    const pattern = { pattern: 'Academico.Tmp*' };
    expect(() => check(pattern, [alunos], 'exclude: Academico.Tmp*')).toThrow(
      /exclude: Academico\.Tmp\*: this server keeps names in lower case: write academico\.tmp\*/,
    );
    expect(() => check({ pattern: 'academico.tmp*' })).not.toThrow();
    expect(() => check(pattern, [{ ...alunos, table: 'Alunos' }])).not.toThrow();
  });

  it('and elsewhere two tables that differ in case alone each need an entry', () => {
    const twins = [table, { ...table, table: 'T' }].map((one) => ({ ...one, columns: COLUMNS }));
    const place = (name: string) => ({ where: `tables.${name}`, scope: { name }, columns: [] });
    expect(() => checkRulesMatch([place('s.t')], twins, server('s'))).toThrow(
      /tables\.s\.t: s\.T is another table; give it an entry of its own/,
    );
    expect(() => checkRulesMatch([place('s.t'), place('s.T')], twins, server('s'))).not.toThrow();
  });
});

describe('the hash of the configuration', () => {
  const KEY = { kind: 'secret', name: 'projects/p/secrets/k/versions/1' } as const;
  const hash = (rules: ColumnRules, key: typeof KEY | null = KEY, columns = COLUMNS) =>
    configHash(
      { dataset: 'd', table: 't' },
      { ...map(rules, columns), tableOptions: tableOptionsSchema.parse({}) },
      key,
    );

  it.each<ColumnRules>([
    { columns: { cpf: { mask: { kind: 'hmac' } } } },
    { columns: { cpf: { mask: { kind: 'truncate', length: 3 } } } },
    { columns: { cpf: { mask: { kind: 'truncate', length: 4 } } } },
    { columns: { cpf: { mask: { kind: 'nullify' } } } },
    { columns: { cpf: { exclude: true } } },
    { columns: { ativo: { type: 'bool' } } },
    { policies: { invalidDates: 'error' } },
    { columns: { dia: { invalidDates: 'string' } } },
  ])('changes with %j', (rules) => {
    expect(hash(rules)).not.toBe(hash({}));
  });

  it.each<ColumnRules>([
    { policies: { invalidDates: 'nullify' } },
    { policies: { timeOutOfRange: 'string', bigDecimals: 'error' } },
    { columns: { outra: { mask: { kind: 'hmac' } } } },
    { columns: { cpf: { mask: { kind: 'none' } } } },
  ])('stays with %j, which changes nothing that arrives', (rules) => {
    expect(hash(rules)).toBe(hash({}));
  });

  it("changes with the key's name only where a column is masked by it", () => {
    const hmac: ColumnRules = { columns: { cpf: { mask: { kind: 'hmac' } } } };
    expect(hash(hmac, null)).not.toBe(hash(hmac));
    expect(hash({}, null)).toBe(hash({}));
  });
});
