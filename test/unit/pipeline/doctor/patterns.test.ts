import { describe, expect, it } from 'vitest';
import { judgePatterns } from '../../../../src/pipeline/doctor/rules.ts';
import type { TableRef } from '../../../../src/pipeline/names/table-ref.ts';

describe('doctor looks at the patterns of adutora.yml', () => {
  const pattern = (name: string) => ({
    where: `exclude: ${name}`,
    matches: (one: TableRef) => one.table === name,
  });
  const tables = [{ schema: 's', table: 'alunos' }];

  it('and warns of those that match no table', () => {
    expect(judgePatterns([pattern('alunos')], tables)).toEqual([]);
    expect(judgePatterns([pattern('alunos'), pattern('alunoss')], tables)).toMatchObject([
      { check: 'rules.patterns', status: 'warn', found: 'adutora.yml: no table matches exclude: alunoss' },
    ]);
  });
});
