import { expect, it } from 'vitest';
import { choosePorts, ephemeralRange } from '../../../local/tools/ports.ts';

it('free ports differ, and the kernel gives none of them to somebody else by itself', async () => {
  const [low = 0, high = 0] = ephemeralRange();
  const chosen = await Promise.all(Array.from({ length: 20 }, () => choosePorts('free', [])));
  for (const ports of chosen.map((one) => Object.values(one))) {
    expect(new Set(ports).size).toBe(ports.length);
    expect(ports.filter((port) => port >= low && port <= high)).toEqual([]);
  }
});
