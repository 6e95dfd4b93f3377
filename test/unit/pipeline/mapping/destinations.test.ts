import { describe, expect, it } from 'vitest';
import { destinationOf, findCollisions } from '../../../../src/pipeline/mapping/destinations.ts';
import { failure } from '../../../support/samples.ts';

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
    const refusal = (own: string, other: string) => ({
      ...failure('DESTINATION_COLLISION', `The table and ${other}.x would both be loaded into all.x.`),
      table: { schema: own, table: 'x' },
    });
    expect([...refused]).toEqual([
      ['a\0x', refusal('a', 'b')],
      ['b\0x', refusal('b', 'a')],
    ]);
    expect(findCollisions([table('a', 'x'), table('b', 'X')]).size).toBe(2);
    expect(findCollisions([table('a', 'avaliação'), table('a', 'avaliacao')]).size).toBe(2);
  });
});
