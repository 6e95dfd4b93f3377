import type { Assertion } from '../assertion.ts';
import type { ProveContext } from '../context.ts';
import { Disproved, expectRefused, expectSame, expectTrue } from '../verdict.ts';

/** Castagnoli CRC of "123456789" as Cloud Storage writes it: the check value of the algorithm. */
const CHECK_TEXT = '123456789';
const CHECK_CRC32C = '4waSgw==';

/** An object written twice, and its generations. */
const twice = (context: ProveContext) =>
  context.once('object written twice', async () => {
    const { objects } = context;
    const name = objects.newName();
    await objects.save({ name, bytes: 'one', generation: 0 });
    const first = String((await objects.facts(name)).generation);
    await objects.save({ name, bytes: CHECK_TEXT, generation: first });
    return { name, first, facts: await objects.facts(name) };
  });

export const STORAGE: readonly Assertion[] = [
  {
    id: 58,
    title: 'ifGenerationMatch 0 answers 412 where an object is, and leaves it',
    check: async (context: ProveContext) => {
      const { objects } = context;
      const { name } = await twice(context);
      const refusal = await expectRefused([412], () => objects.save({ name, bytes: 'new', generation: 0 }));
      expectSame(await objects.read(name), CHECK_TEXT, 'content');
      return refusal;
    },
  },
  {
    id: 59,
    title: 'ifGenerationMatch with the generation that is there replaces, and makes a greater one',
    check: async (context: ProveContext) => {
      const { first, facts } = await twice(context);
      const second = String(facts.generation);
      expectTrue(BigInt(second) > BigInt(first), `${second} is not greater than ${first}`);
      return `${first} → ${second}`;
    },
  },
  {
    id: 60,
    title: 'ifGenerationMatch with an old generation answers 412',
    check: async (context: ProveContext) => {
      const { objects } = context;
      const { name, first } = await twice(context);
      return expectRefused([412], () => objects.save({ name, bytes: 'late', generation: first }));
    },
  },
  {
    id: 61,
    title: 'Two that create one object at the same time: exactly one succeeds',
    check: async (context: ProveContext) => {
      const { objects } = context;
      const name = objects.newName();
      const tries = Array.from({ length: 4 }, (_, at) =>
        objects.save({ name, bytes: `${at}`, generation: 0 }),
      );
      const won = (await Promise.allSettled(tries)).filter(({ status }) => status === 'fulfilled').length;
      if (won !== 1) throw new Disproved(`${won} of ${tries.length} succeeded`);
      return `1 of ${tries.length}`;
    },
  },
  {
    id: 62,
    title: 'A listing shows size, CRC-32C and generation of what was just written',
    check: async (context: ProveContext) => {
      const { name, facts } = await twice(context);
      const [file] = await context.objects.list(name);
      const { size, crc32c, generation } = file?.metadata ?? {};
      expectSame(
        [Number(size), crc32c, String(generation)],
        [CHECK_TEXT.length, CHECK_CRC32C, String(facts.generation)],
        'listed',
      );
      return `${size} bytes, ${crc32c}`;
    },
  },
].map((one) => ({ unproven: [18], needsGoogle: null, ...one }));
