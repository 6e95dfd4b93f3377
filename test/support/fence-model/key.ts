import type { World } from './world.ts';

/** The present generation of an object, and that of any other one: nobody asks for more. */
const PRESENT = 2;
const PAST = 1;

/**
 * The world as text. What only tells how it came about, and can make no difference any more, is
 * left out.
 */
export function keyOf(world: World): string {
  for (const { trace } of world.processes)
    for (const answer of trace as { value?: { object?: string; generation?: number } | null }[]) {
      const { object, generation } = answer.value ?? {};
      if (object === undefined || !answer.value) continue;
      answer.value.generation = generation === world.objects[object]?.generation ? PRESENT : PAST;
    }
  for (const object of Object.values(world.objects)) object.generation = PRESENT;
  forgetOld(world);
  return JSON.stringify(world);
}

/**
 * Attempts that a later one has taken the place of, unless somebody still works on one, and their
 * jobs that nobody names any more.
 */
function forgetOld({ attempts, jobs, processes, late, objects }: World): void {
  const said = Object.values(objects).map(({ text }) => text);
  for (const name of Object.keys(attempts)) {
    const [loadId = '', number = ''] = name.split('-a');
    const isOld = attempts[`${loadId}-a${Number(number) + 1}`] !== undefined;
    const isUsed = processes.some(({ loadId: of, data }) => of === loadId && data.attempt === Number(number));
    if (!isOld || isUsed) continue;
    const own = Object.keys(jobs).filter((id) => id.includes(`-${name}-p`));
    const isNamed = (id: string) =>
      late.some((one) => one.id === id) || said.some((text) => text.includes(id));
    if (own.some((id) => jobs[id]?.state !== 'done' || isNamed(id))) continue;
    delete attempts[name];
    for (const id of own) delete jobs[id];
  }
}
