import { distance } from 'fastest-levenshtein';
import { describe, expect, it } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { resolveTable, resolveTables } from '../../../src/commands/resolve-table.ts';
import { ERROR_KINDS, isErrorCode } from '../../../src/pipeline/errors/error-codes.ts';
import { describeError, LoadError, toLoadError } from '../../../src/pipeline/errors/load-error.ts';
import { classifyMysqlErrno } from '../../../src/pipeline/errors/mysql-errno.ts';
import { failedRow } from '../../../src/pipeline/history/load-rows.ts';
import { destinationOf, findCollisions } from '../../../src/pipeline/mapping/destinations.ts';
import { asArgument, tableLabel } from '../../../src/pipeline/names/table-ref.ts';
import { VERSION } from '../../../src/pipeline/names/version.ts';
import { historyRowSchema, oneRowAKey } from '../../../src/pipeline/objects/history-row.ts';
import { signatureSchema } from '../../../src/pipeline/objects/signature.ts';
import { rowsPerObject } from '../../../src/pipeline/run/make-load-object.ts';
import { historyRow, loadObject, signature } from '../../support/samples.ts';

describe('tableLabel', () => {
  it.each([
    ['a', 'b', 'a.b'],
    ['a.b', 'c', '`a.b`.c'],
    ['a', 'x`y', 'a.`x``y`'],
  ])('%s and %s read %s', (schema, table, expected) => {
    expect(tableLabel({ schema, table })).toBe(expected);
  });
});

describe('asArgument', () => {
  it.each([
    ['a', 'b', 'table=a.b'],
    ['a', 'b c', "'table=a.b c'"],
    ['a', "l'água", "'table=a.l'\\''água'"],
    ['a', 'x$y', "'table=a.x$y'"],
  ])('%s and %s are ready for a shell', (schema, table, expected) => {
    expect(asArgument({ schema, table })).toBe(expected);
  });
});

it('a row of a load that began on a clock which is ahead is a row of history', () => {
  const row = failedRow({
    load: loadObject(),
    error: new LoadError('DATAPROC_DENIED', 'no'),
    attempts: 1,
    startedAt: '2026-01-02T03:04:00.500Z',
    jobs: null,
    now: new Date('2026-01-02T03:04:00.000Z'),
  });
  expect(historyRowSchema.parse(row)).toMatchObject({ duration_ms: 0 });
});

describe('rows of an object', () => {
  it.each([
    ['a usual average', 1_000, 67_108],
    ['very short rows', 1, 1_048_576],
    ['no rows, when the server last looked', 0, 65_536],
    ['no average', null, 65_536],
    ['very long rows', 10_000_000, 100],
  ])('%s', (_, average, rows) => {
    expect(rowsPerObject(average)).toBe(rows);
  });
});

describe('resolveTable', () => {
  const known = [
    { schema: 'a', table: 'alunos' },
    { schema: 'a', table: 'notas' },
    { schema: 'b', table: 'notas' },
  ];
  it('takes a bare name where it is unambiguous, and a full one always', () => {
    expect(resolveTable('alunos', known, distance)).toEqual({ schema: 'a', table: 'alunos' });
    expect(resolveTable('b.notas', known, distance)).toEqual({ schema: 'b', table: 'notas' });
    expect(resolveTable('`b`.`notas`', known, distance)).toEqual({ schema: 'b', table: 'notas' });
  });
  it('refuses an ambiguous name and suggests near ones', () => {
    expect(() => resolveTable('notas', known, distance)).toThrow(/several schemas: a.notas, b.notas/);
    expect(() => resolveTable('aluno', known, distance)).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_TABLE', hint: 'Did you mean a.alunos?' }),
    );
    expect(() => resolveTable('zzzzzz', known, distance)).toThrow(
      expect.objectContaining({ hint: ERROR_KINDS.UNKNOWN_TABLE.hint }),
    );
    expect(() => resolveTable('ALUNOS', known, distance)).toThrow(
      expect.objectContaining({ hint: 'Did you mean a.alunos?' }),
    );
  });
  it('names every wrong one of several, and each right one once', () => {
    expect(resolveTables(['alunos', 'a.alunos'], known, distance)).toEqual([
      { schema: 'a', table: 'alunos' },
    ]);
    expect(() => resolveTables(['alunos', 'x', 'aluno'], known, distance)).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_TABLE',
        message: expect.stringMatching(/no table x .*no table aluno /),
        hint: expect.stringContaining('Did you mean a.alunos?'),
      }),
    );
  });
});

describe('destinations', () => {
  it('fills the dataset template and makes names safe', () => {
    expect(destinationOf({ schema: 'minha-escola', table: 'notas 2024' }, 'raw_{schema}')).toEqual({
      dataset: 'raw_minha_escola',
      table: 'notas_2024',
    });
  });
  it('refuses two tables of one destination, also when only case differs', () => {
    const table = (schema: string, name: string) => ({
      schema,
      table: name,
      destination: destinationOf({ schema, table: name }, 'all'),
    });
    const refused = findCollisions([table('a', 'x'), table('b', 'x'), table('b', 'y')]);
    const message = 'a.x and b.x would both be loaded into all.x.';
    expect([...refused]).toEqual([
      ['a\0x', { code: 'DESTINATION_COLLISION', message }],
      ['b\0x', { code: 'DESTINATION_COLLISION', message }],
    ]);
    expect(findCollisions([table('a', 'x'), table('b', 'X')]).size).toBe(2);
    expect(findCollisions([table('a', 'avaliação'), table('a', 'avaliacao')]).size).toBe(2);
  });
});

describe('oneRowAKey', () => {
  it('keeps `loaded` over anything, then more attempts, then the later row', () => {
    const failed = historyRow({ status: 'failed', attempts: 5 });
    const loaded = historyRow({ status: 'loaded', attempts: 1 });
    const later = historyRow({ status: 'failed', attempts: 5, error_message: 'later' });
    expect(oneRowAKey([loaded, failed])).toEqual([loaded]);
    expect(oneRowAKey([failed, loaded])).toEqual([loaded]);
    expect(oneRowAKey([failed, later])).toEqual([later]);
    expect(oneRowAKey([failed, historyRow({ table_name: 'other' })])).toHaveLength(2);
  });
});

describe('errors', () => {
  it('says code, message and what to do in one line', () => {
    expect(describeError(new LoadError('SOURCE_MOVED', 'line one\nline two'))).toBe(
      `SOURCE_MOVED: line one · line two (${ERROR_KINDS.SOURCE_MOVED.hint})`,
    );
  });
  it('takes what nobody classified for transient', () => {
    expect(toLoadError(new TypeError('x'))).toMatchObject({ code: 'UNEXPECTED', isTransient: true });
  });
  it('knows its own codes only', () => {
    expect(isErrorCode('SOURCE_MOVED')).toBe(true);
    expect(isErrorCode('toString')).toBe(false);
  });
  it.each([
    [1045, null, 'SOURCE_ACCESS_DENIED'],
    [1143, '42000', 'SOURCE_COLUMNS_HIDDEN'],
    [1146, null, 'SOURCE_TABLE_GONE'],
    [1412, null, 'SOURCE_CHANGED_SHAPE'],
    [1213, null, 'SOURCE_BUSY'],
    [0, '08S01', 'SOURCE_UNREACHABLE'],
    [9999, null, 'SOURCE_QUERY_FAILED'],
  ])('classifies errno %s and state %s as %s', (errno, sqlState, code) => {
    expect(classifyMysqlErrno({ errno, sqlState })).toBe(code);
  });
});

describe('version', () => {
  it("is the package's", () => {
    expect(VERSION).toBe(packageJson.version);
  });
});

describe('signatureSchema', () => {
  const { fingerprint: _, ...older } = signature();
  it.each<[string, object]>([
    ['one of before there were checksums', older],
    ['one with everything', signature({ fingerprint: '3:12:34' })],
    ['one of a server that tells little', signature({ storage: null, createTime: null })],
  ])('takes %s', (_name, given) => {
    expect(signatureSchema.safeParse(given).success).toBe(true);
  });

  it.each<[string, object]>([
    ['a boot that is no time', { bootEpoch: 'yesterday' }],
    ['a server of no kind', { server: 'prod' }],
    ['a hash that is none', { columns: 'id, nome' }],
    ['a storage that is none', { storage: '' }],
    ['a stamp that no server prints', { updateTime: { state: 'known', at: 'today' } }],
    ['a state that is both', { updateTime: { state: 'unwritten_since_boot', at: '2026-01-02 00:00:00' } }],
    ['a known stamp without a time', { updateTime: { state: 'known', at: null } }],
    ['a checksum that is none', { fingerprint: 'equal' }],
    ['a part that is not known', { colour: 'blue' }],
    ['another version', { version: 2 }],
  ])('refuses %s, as nobody but a hand can have written it', (_name, changes) => {
    expect(signatureSchema.safeParse({ ...signature(), ...changes }).success).toBe(false);
  });
});
