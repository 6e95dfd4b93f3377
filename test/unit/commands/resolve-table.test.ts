import { describe, expect, it } from 'vitest';
import { resolveTable, resolveTables } from '../../../src/commands/resolve-table.ts';
import { ERROR_KINDS } from '../../../src/pipeline/errors/error-codes.ts';

describe('resolveTable', () => {
  const known = [
    { schema: 'a', table: 'alunos' },
    { schema: 'a', table: 'notas' },
    { schema: 'b', table: 'notas' },
  ];
  it('takes a bare name where it is unambiguous, and a full one always', () => {
    expect(resolveTable('alunos', known)).toEqual({ schema: 'a', table: 'alunos' });
    expect(resolveTable('b.notas', known)).toEqual({ schema: 'b', table: 'notas' });
    expect(resolveTable('`b`.`notas`', known)).toEqual({ schema: 'b', table: 'notas' });
  });
  it('refuses an ambiguous name and suggests near ones', () => {
    expect(() => resolveTable('notas', known)).toThrow(/several schemas: a.notas, b.notas/);
    expect(() => resolveTable('aluno', known)).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_TABLE', hint: 'Did you mean a.alunos?' }),
    );
    expect(() => resolveTable('zzzzzz', known)).toThrow(
      expect.objectContaining({ hint: ERROR_KINDS.UNKNOWN_TABLE.hint }),
    );
    expect(() => resolveTable('ALUNOS', known)).toThrow(
      expect.objectContaining({ hint: 'Did you mean a.alunos?' }),
    );
  });
  it('names every wrong one of several, and each right one once', () => {
    expect(resolveTables(['alunos', 'a.alunos'], known)).toEqual([{ schema: 'a', table: 'alunos' }]);
    expect(() => resolveTables(['alunos', 'x', 'aluno'], known)).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_TABLE',
        message: expect.stringMatching(/no table x .*no table aluno /),
        hint: expect.stringContaining('Did you mean a.alunos?'),
      }),
    );
  });
});
