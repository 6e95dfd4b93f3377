import type { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { createCancellations } from '../../../src/redis/cancellations.ts';

describe('the end of a load that was cancelled while it waited', () => {
  const endWhere = (text: string | null) =>
    createCancellations({ get: async () => text } as unknown as Redis, 's').endOf('load');

  it.each([
    ['nothing', null],
    ['no JSON', 'not json'],
    ['another shape', '{"attempts":"many"}'],
  ])('is not known from %s, and holds nobody up', async (_, text) => {
    expect(await endWhere(text)).toBeNull();
  });
});
