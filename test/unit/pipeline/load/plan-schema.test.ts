import { describe, expect, it } from 'vitest';
import { inDestinationOrder } from '../../../../src/pipeline/load/create-attempt.ts';
import { planPublish } from '../../../../src/pipeline/load/publish/plan-schema.ts';
import { type Publishing, publishingSchema } from '../../../../src/pipeline/objects/publishing.ts';
import type { DestinationColumn } from '../../../../src/pipeline/ports/destination.ts';
import { facts } from '../../../support/fakes/memory-destination.ts';
import { loadObject } from '../../../support/samples.ts';

const mapped = (names: string, type = 'INT64') =>
  [...names].map((name) => ({
    ...loadObject().columns[0]!,
    name,
    destinationName: name,
    bigqueryType: type,
  }));
const there = (names: string, more: Partial<DestinationColumn> = {}): DestinationColumn[] =>
  [...names].map((name) => ({ name, type: 'INT64', mode: 'NULLABLE', ...more }));

function plan(
  wanted: ReturnType<typeof mapped>,
  existing: DestinationColumn[] | null,
  { rules = {}, hasPolicies = false }: { rules?: Partial<Publishing>; hasPolicies?: boolean } = {},
) {
  return planPublish(
    { columns: wanted, existing: existing && facts(existing, 1, '2026-01-01T00:00:00.000Z') },
    publishingSchema.parse(rules),
    async () => hasPolicies,
  );
}

describe('planPublish', () => {
  it('makes a table that is not there', async () => {
    expect(await plan(mapped('ab'), null)).toMatchObject({ disposition: 'replace-schema', change: null });
  });

  it('keeps an equal schema with what people set on it', async () => {
    const existing = there('ab', { description: 'theirs', policyTags: { names: ['p'] } });
    expect(await plan(mapped('ab'), existing, { hasPolicies: true })).toEqual({
      columns: existing,
      disposition: 'keep-schema',
      widened: null,
      change: null,
    });
  });

  it('widens for added columns, whatever rows are protected, and keeps the rest', async () => {
    const existing = there('ab', { description: 'theirs' });
    const found = await plan(mapped('abc'), existing, {
      hasPolicies: true,
      rules: { schemaChanges: 'additive' },
    });
    expect(found).toMatchObject({ disposition: 'keep-schema', change: { added: ['c'], removed: [] } });
    expect(found.widened).toEqual([...existing, ...there('c')]);
    expect(found.columns).toEqual(found.widened);
  });

  it('takes a NUMERIC with digits of its own for another type: it would cut off what does not fit', async () => {
    const existing = there('ab', { type: 'NUMERIC', precision: '10', scale: '2' });
    const found = await plan(mapped('ab', 'NUMERIC'), existing);
    expect(found).toMatchObject({ disposition: 'replace-schema', change: { retyped: ['a', 'b'] } });
    expect(found.columns[0]).toEqual({ name: 'a', type: 'NUMERIC', mode: 'NULLABLE' });
  });

  it('carries policy tags over to a column whose name changed its case', async () => {
    const existing = there('ab', { policyTags: { names: ['p'] } });
    const found = await plan(mapped('Ab'), existing);
    expect(found).toMatchObject({ disposition: 'replace-schema', change: { added: ['A'], removed: ['a'] } });
    expect(found.columns[0]).toEqual({ ...there('A')[0], policyTags: { names: ['p'] } });
    expect(inDestinationOrder(mapped('bA'), existing).map(({ name }) => name)).toEqual(['A', 'b']);
  });

  it('replaces for the rest, and carries over descriptions and policy tags of what survives', async () => {
    const existing = there('ab', { description: 'theirs', policyTags: { names: ['p'] } });
    const found = await plan([...mapped('a', 'STRING'), ...mapped('c')], existing);
    expect(found).toMatchObject({
      disposition: 'replace-schema',
      widened: null,
      change: { added: ['c'], removed: ['b'], retyped: ['a'], reordered: false },
    });
    expect(found.columns).toEqual([
      { name: 'a', type: 'STRING', mode: 'NULLABLE', description: 'theirs', policyTags: { names: ['p'] } },
      { name: 'c', type: 'INT64', mode: 'NULLABLE' },
    ]);
  });

  it.each<[string, ReturnType<typeof mapped>, Partial<Publishing>, boolean, string]>([
    ['a removed column, and policies', mapped('a'), {}, true, 'SCHEMA_CHANGE_PROTECTED'],
    [
      'a removed column, additive',
      mapped('a'),
      { schemaChanges: 'additive' },
      false,
      'SCHEMA_CHANGE_REFUSED',
    ],
    [
      'another type, additive',
      mapped('ab', 'STRING'),
      { schemaChanges: 'additive' },
      false,
      'SCHEMA_CHANGE_REFUSED',
    ],
    ['an added column, stop', mapped('abc'), { schemaChanges: 'stop' }, false, 'SCHEMA_CHANGE_REFUSED'],
  ])('refuses %s', async (_, wanted, rules, hasPolicies, code) => {
    await expect(plan(wanted, there('ab'), { rules, hasPolicies })).rejects.toMatchObject({ code });
  });

  it('drops policies only where it is told to', async () => {
    const rules = { rowAccessPolicies: 'drop' as const };
    expect(await plan(mapped('a'), there('ab'), { rules, hasPolicies: true })).toMatchObject({
      disposition: 'replace-schema',
    });
  });
});

describe('inDestinationOrder', () => {
  it('follows the destination, new columns last in their own order', () => {
    const order = inDestinationOrder(mapped('xaybz'), there('ba'));
    expect(order.map(({ name }) => name).join('')).toBe('baxyz');
  });
});
