import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readRules, rulePlaces, rulesOf } from '../../../src/config/rules.ts';

const read = (text: string) => readRules(parse(text), 'adutora.yml');
const table = { schema: 's', table: 't' };

describe('columns and policies in adutora.yml', () => {
  it.each([
    ['tables: { s.t: { columns: { cpf: } } }', /tables\.s\.t\.columns\.cpf/],
    ['tables: { s.t: { columns: { cpf: { mask: } } } }', /columns\.cpf\.mask/],
    ['tables: { s.t: { columns: { cpf: { exclude: } } } }', /columns\.cpf\.exclude/],
    ['tables: { s.t: { columns: } }', /tables\.s\.t\.columns/],
    ['source: { policies: { invalidDates: } }', /source\.policies\.invalidDates/],
    ['tables: { s.t: { columns: { cpf: {} } } }', /the rule says nothing/],
    ['tables: { s.t: { columns: { cpf: { mask: truncate } } } }', /expected none, nullify, hmac or truncate/],
    ['tables: { s.t: { columns: { cpf: { mask: truncate(0) } } } }', /expected none/],
    ['tables: { s.t: { columns: { cpf: { masks: hmac, exclude: false } } } }', /masks/],
    ['source: { policies: { timeOutOfRange: nullify } }', /timeOutOfRange/],
  ])('%s is a problem with its place', (text, message) => {
    const { problems } = read(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(message);
  });

  it('are put together column by column, key by key, and only `none` takes a mask back', () => {
    const { rules } = read(`
source: { policies: { invalidDates: error, bigDecimals: error }, columns: { CPF: { mask: hmac }, rg: { mask: nullify } } }
schemas: { s: { policies: { invalidDates: string } } }
tables: { s.t: { columns: { cpf: { type: string }, rg: { mask: none }, cep: { mask: truncate(5) } } } }`);
    expect(rulesOf(rules, table)).toMatchObject({
      policies: { invalidDates: 'string', bigDecimals: 'error' },
      columns: {
        cpf: { mask: { kind: 'hmac' }, type: 'string' },
        rg: { mask: { kind: 'none' } },
        cep: { mask: { kind: 'truncate', length: 5 } },
      },
      namedColumns: ['cpf', 'rg', 'cep'],
    });
    expect(rulePlaces(rules)).toEqual([
      { where: 'source', scope: {}, columns: ['CPF', 'rg'] },
      { where: 'schemas.s', scope: { schema: 's' }, columns: [] },
      { where: 'tables.s.t', scope: { name: 's.t' }, columns: ['cpf', 'rg', 'cep'] },
    ]);
  });
});
