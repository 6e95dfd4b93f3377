import type { FenceDeps } from '../../../src/pipeline/load/fence.ts';
import { attemptName } from '../../../src/pipeline/names/index.ts';
import { keyOf } from './key.ts';
import { Calls, modelPorts } from './ports.ts';
import { type Result, STEPS } from './programs.ts';
import { commit, insert, type ModelProcess, type World } from './world.ts';

export interface Found {
  states: number;
  /**
   * The shortest way to a broken invariant, a line a step; null where every order of steps keeps
   * them.
   */
  counterexample: string[] | null;
}

/** The ports as a faulty fence would use them; `step` is the one that a process is at. */
export type Variant = (ports: FenceDeps, step: string) => FenceDeps;
const real: Variant = (ports) => ports;

interface Edge {
  label: string;
  world: World;
}

/**
 * Looks at every order of the steps of all processes, of person, network and crashes, breadth
 * first.
 */
export async function search(start: World, variant: Variant = real): Promise<Found> {
  const first = keyOf(start);
  const seen = new Map<string, { from: string | null; label: string }>([[first, { from: null, label: '' }]]);
  let level = [first];
  while (level.length > 0) {
    const next: string[] = [];
    for (const key of level) {
      const edges = await edgesOf(key, variant);
      const broken = edges.length === 0 ? brokenAtEnd(JSON.parse(key)) : null;
      if (broken) return { states: seen.size, counterexample: [...wayTo(key, seen), `BROKEN: ${broken}`] };
      for (const { label, world } of edges) {
        const reached = keyOf(world);
        if (seen.has(reached)) continue;
        seen.set(reached, { from: key, label });
        if (world.broken)
          return { states: seen.size, counterexample: [...wayTo(reached, seen), `BROKEN: ${world.broken}`] };
        next.push(reached);
      }
    }
    level = next;
  }
  return { states: seen.size, counterexample: null };
}

function wayTo(key: string, seen: ReadonlyMap<string, { from: string | null; label: string }>): string[] {
  const way: string[] = [];
  for (let at: string | null = key; at !== null; at = seen.get(at)?.from ?? null)
    way.unshift(seen.get(at)?.label ?? '');
  return way.slice(1);
}

/**
 * Nothing can happen any more: every process has ended, and no order leaves the table without its
 * rows.
 */
function brokenAtEnd({ processes, table }: World): string | null {
  const stuck = processes.find(({ end }) => end === null);
  if (stuck) return `${stuck.name} is stuck at ${stuck.step}`;
  const loads = processes.filter(({ step }) => step !== 'cancel');
  const isCancelled = processes.some(({ step }) => step === 'cancel');
  if (!isCancelled && !loads.some(({ end }) => end === 'loaded')) return 'no load has published';
  const wrong = processes.find(({ end }) => end === 'loaded by nothing');
  if (wrong) return `${wrong.name} says that it has loaded, and no load job of its has`;
  const superseded = loads.find(({ end }) => end === 'superseded');
  if (superseded && table.age === 0) return `${superseded.name} is superseded by nothing`;
  return null;
}

async function edgesOf(key: string, variant: Variant): Promise<Edge[]> {
  const world: World = JSON.parse(key);
  const edges: Edge[] = [];
  for (const [index, process] of world.processes.entries()) {
    if (process.end !== null) {
      edges.push(...retries(key, index));
      continue;
    }
    for (const fault of faultsOf(world, process)) {
      const edge = await advance(key, { index, fault, variant });
      if (edge) edges.push(edge);
    }
    if (world.left.crashes > 0 && process.step !== 'look') edges.push(crash(key, index));
  }
  edges.push(...jobEnds(key), ...arrivals(key));
  return edges;
}

function faultsOf({ left }: World, { step }: ModelProcess): (string | null)[] {
  return step === 'insert' && left.lost > 0 ? [null, 'late', 'away', 'answer lost'] : [null];
}

/** One call of one process, and what it does until the next. */
async function advance(
  key: string,
  { index, fault, variant }: { index: number; fault: string | null; variant: Variant },
): Promise<Edge | null> {
  const world: World = JSON.parse(key);
  const process = world.processes[index];
  if (!process) return null;
  const calls = new Calls(world, process, fault);
  const result = await resultOf(process, calls, variant);
  if (calls.label === null) return null;
  if (fault) world.left.lost -= 1;
  if (result) take(process, result);
  const ended = process.end ? `; it ends: ${process.end}` : '';
  return { label: `${process.name}: ${calls.label}${ended}`, world };
}

/** What the step leads to, or null where it waits for another call. */
async function resultOf(process: ModelProcess, calls: Calls, variant: Variant): Promise<Result | null> {
  let result: Result | null = null;
  const ports = variant(modelPorts(calls), process.step);
  const step = STEPS[process.step]?.(process, calls, ports);
  step?.then(
    (done) => {
      result = done;
    },
    // A service was away: it is taken up again from what exists.
    () => {
      result = { step: 'look' };
    },
  );
  while (result === null && !calls.isWaiting) await null;
  return result;
}

function take(process: ModelProcess, result: Result): void {
  process.trace = [];
  const { nextAttempt } = process.data;
  const isFresh = 'end' in result ? process.step !== 'cancel' : result.step === 'look';
  // What no later step looks at must not tell two states apart.
  if (isFresh)
    process.data = { nextAttempt: 'end' in result ? 0 : nextAttempt, attempt: 0, publishNumber: 0 };
  Object.assign(process.data, 'end' in result && isFresh ? {} : result.data);
  if ('end' in result) process.end = result.end;
  else process.step = result.step;
}

function crash(key: string, index: number): Edge {
  const world: World = JSON.parse(key);
  const process = world.processes[index];
  world.left.crashes -= 1;
  if (process) Object.assign(process, { step: process.step === 'cancel' ? 'cancel' : 'look', trace: [] });
  return { label: `${process?.name} dies and is taken up again`, world };
}

/** A person has a load that was cancelled tried again: beyond what was cancelled. */
function retries(key: string, index: number): Edge[] {
  const world: World = JSON.parse(key);
  const process = world.processes[index];
  if (process?.end !== 'stopped' || world.left.retries === 0) return [];
  world.left.retries -= 1;
  const highest = Math.max(
    1,
    ...[1, 2, 3].filter((number) => world.attempts[attemptName(process.loadId, number)]),
  );
  Object.assign(process, { end: null, step: 'look', trace: [] });
  process.data.nextAttempt = highest + 1;
  return [{ label: `a person has ${process.name} tried again`, world }];
}

function jobEnds(key: string): Edge[] {
  const running = Object.entries((JSON.parse(key) as World).jobs).filter(
    ([, { state }]) => state === 'running',
  );
  return running.flatMap(([id]) => {
    const well: World = JSON.parse(key);
    commit(well, id);
    const badly: World = JSON.parse(key);
    badly.left.failures -= 1;
    const job = badly.jobs[id];
    if (job) Object.assign(job, { state: 'done', isFailed: true });
    return [
      { label: `BigQuery: ${id} ends well`, world: well },
      ...(badly.left.failures >= 0 ? [{ label: `BigQuery: ${id} fails for a moment`, world: badly }] : []),
    ];
  });
}

function arrivals(key: string): Edge[] {
  const { late } = JSON.parse(key) as World;
  return late.map(({ id, age }, index) => {
    const world: World = JSON.parse(key);
    world.late.splice(index, 1);
    const { kind } = insert(world, id, { kind: 'load', age });
    return { label: `the network: the late insert of ${id} arrives and finds a ${kind} job`, world };
  });
}
