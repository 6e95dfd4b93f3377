import { attemptName, objectNames, tableObjectKey } from '../../../src/pipeline/names/index.ts';
import type { LoadObject } from '../../../src/pipeline/objects/load.ts';
import { NO_STATE, type StateObject } from '../../../src/pipeline/objects/state.ts';

/** A load job, a query that has used an id up, or nothing else. */
export interface ModelJob {
  kind: 'load' | 'burnt';
  state: 'running' | 'done';
  /** When its rows were read, by the clock of reads; 0 for a query. */
  age: number;
  isFailed: boolean;
}

/** One process: what it does, with the answers that it has had in the step it is at. */
export interface ModelProcess {
  name: string;
  /** Which load it works on. */
  loadId: string;
  step: string;
  /** What it carries from step to step. */
  data: { nextAttempt: number; attempt: number; publishNumber: number };
  /** Answers within the present step; a step that is taken up again goes through them first. */
  trace: unknown[];
  end: string | null;
}

/**
 * Everything there is, as plain data: bucket, BigQuery, the network, processes, and what may still
 * go wrong.
 */
export interface World {
  objects: Record<string, { text: string; generation: number }>;
  /** Attempts by name: their ticket, and when their rows were read (0: not yet). */
  attempts: Record<string, { ticket: number; age: number }>;
  jobs: Record<string, ModelJob>;
  /** Inserts that are on their way though their sender has given up. */
  late: { id: string; age: number }[];
  /** When the rows of the destination were read. */
  table: { age: number };
  /** Counts reads. */
  clock: number;
  /** Rows are read by the process that has made the attempt, or by nobody. */
  isDirect: boolean;
  processes: ModelProcess[];
  left: { crashes: number; lost: number; failures: number; retries: number };
  /** The invariant that was broken. */
  broken: string | null;
}

/** Smaller than in the real one, so that the search ends. */
export const MAX_ATTEMPTS = 2;
export const MAX_PUBLISHES = 2;

export function newProcess(name: string, loadId: string, step: string, attempt = 0): ModelProcess {
  const data = { nextAttempt: attempt, attempt: 0, publishNumber: 1 };
  return { name, loadId, step, data, trace: [], end: null };
}

export function newWorld(processes: ModelProcess[], left: Partial<World['left']>): World {
  return {
    objects: {},
    attempts: {},
    jobs: {},
    late: [],
    table: { age: 0 },
    clock: 0,
    isDirect: false,
    processes,
    left: { crashes: 0, lost: 0, failures: 0, retries: 0, ...left },
    broken: null,
  };
}

/**
 * The same with attempts that have been begun: each has a ticket, in their order, and those that
 * are whole were read in that order too.
 */
export function withAttempts(world: World, begun: readonly { loadId: string; isWhole: boolean }[]): World {
  for (const [index, { loadId, isWhole }] of begun.entries()) {
    if (isWhole) world.clock += 1;
    world.attempts[attemptName(loadId, 1)] = { ticket: index + 1, age: isWhole ? world.clock : 0 };
  }
  const state: StateObject = { ...NO_STATE, ticket: begun.length };
  const name = objectNames('test').state(tableObjectKey(modelLoad('').table));
  world.objects[name] = { text: JSON.stringify(state), generation: 1 };
  return world;
}

/** The load of a name, as far as the fence looks at one. */
export function modelLoad(name: string): LoadObject {
  return {
    sourceId: 'test',
    runId: `run-${name}`,
    loadId: name,
    table: { schema: 's', table: 't' },
    destination: { dataset: 's', table: 't' },
  } as LoadObject;
}

/** BigQuery takes a job, unless its id is taken. */
export function insert(world: World, id: string, job: Pick<ModelJob, 'kind' | 'age'>): ModelJob {
  world.jobs[id] ??= { ...job, state: job.kind === 'burnt' ? 'done' : 'running', isFailed: false };
  return world.jobs[id];
}

/** A load job ends well: its rows are those of the destination. */
export function commit(world: World, id: string): void {
  const job = world.jobs[id];
  if (!job) return;
  job.state = 'done';
  if (job.age < world.table.age)
    world.broken = `${id} published rows of ${job.age} over those of ${world.table.age}`;
  const attemptId = id.replace(/^test-|-p\d$/g, '');
  const cancelled = world.processes.find(
    ({ end, loadId, step }) =>
      step === 'cancel' && end === 'cancelled' && attemptId.startsWith(`${loadId}-a`),
  );
  if (cancelled && Number(attemptId.slice(attemptId.lastIndexOf('a') + 1)) <= cancelled.data.attempt)
    world.broken = `${id} published what a person had cancelled`;
  world.table = { age: job.age };
}
