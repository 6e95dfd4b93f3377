import { LoadError } from '../../../src/pipeline/errors/load-error.ts';
import type { FenceDeps } from '../../../src/pipeline/load/fence.ts';
import type { PublishJob } from '../../../src/pipeline/ports/destination.ts';
import { insert, type ModelJob, type ModelProcess, type World } from './world.ts';

/** Thrown by nobody: what a process waits for when its one call of this transition is spent. */
const NEVER = new Promise<never>(() => undefined);

/**
 * Calls of a process at the world: those it has had answers to are answered so, the next one
 * happens, the one after that waits.
 */
export class Calls {
  readonly #world: World;
  readonly #process: ModelProcess;
  /** How the call that happens goes wrong; null: well. */
  readonly #fault: string | null;
  #number = 0;
  /** The process waits for its next turn. */
  isWaiting = false;
  /** What happened, for the counterexample; null where nothing could. */
  label: string | null = null;

  constructor(world: World, process: ModelProcess, fault: string | null) {
    this.#world = world;
    this.#process = process;
    this.#fault = fault;
  }

  /** One call. `does` changes the world and gives the answer, as plain data. */
  async call<T>(label: string, does: (world: World, fault: string | null) => T, polled = ''): Promise<T> {
    const isNew = this.#number >= this.#process.trace.length;
    if (isNew && (this.label !== null || this.#world.jobs[polled]?.state === 'running')) {
      this.isWaiting = true;
      return NEVER;
    }
    return this.#answer(does, (shown) => {
      this.label = `${label}${this.#fault ? ` [${this.#fault}]` : ''}${shown}`;
    });
  }

  /**
   * A change that somebody else was before: what was read until then is of no more use, and the
   * step begins anew, as its own loop would.
   */
  async change(label: string, does: (world: World) => boolean): Promise<true> {
    const isDone = await this.call(label, does);
    if (isDone) return true;
    this.#process.trace = [];
    this.isWaiting = true;
    return NEVER;
  }

  /** A call whose answer nobody else can change by then: it needs no turn of its own. */
  async quiet<T>(does: (world: World) => T): Promise<T> {
    return this.#answer(does, () => undefined);
  }

  get hasCancel(): boolean {
    return this.#world.processes.some(({ step }) => step === 'cancel');
  }

  #answer<T>(does: (world: World, fault: string | null) => T, tell: (shown: string) => void): T {
    const { trace } = this.#process;
    const index = this.#number;
    this.#number += 1;
    if (index >= trace.length) {
      const answer = attempt(() => does(this.#world, this.#fault));
      tell(shown(answer));
      trace.push(answer);
    }
    const answer = trace[index] as { value: T } | { error: string };
    if ('error' in answer) throw new LoadError('DESTINATION_UNAVAILABLE', answer.error);
    return answer.value;
  }
}

function attempt<T>(does: () => T): { value: T } | { error: string } {
  try {
    return { value: does() };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

function shown(answer: { value: unknown } | { error: string }): string {
  if ('error' in answer) return ` → ${answer.error}`;
  const { value } = answer;
  if (value === undefined || value === true) return '';
  const { text, id, kind, state } = (value ?? {}) as Record<string, string | undefined>;
  if (text)
    return ` → ${JSON.stringify(JSON.parse(text), ['ticket', 'asOf', 'intent', 'published', 'job', 'upToAttempt'])}`;
  return id ? ` → a ${kind} job, ${state}` : ` → ${JSON.stringify(value)}`;
}

/** A job as the port gives it. */
export function toJob(id: string, job: ModelJob): PublishJob {
  const error = job.isFailed ? { reason: 'backendError', message: 'x', isTransient: true } : null;
  const at = '2026-01-02T03:00:00.000Z';
  const { kind, state } = job;
  const destination = kind === 'load' ? { dataset: 's', table: 't' } : null;
  return { id, state, kind, error, labels: {}, destination, outputRows: 1, startedAt: at, endedAt: at };
}

/** What the fence works with, over the world. */
export function modelPorts(calls: Calls): FenceDeps {
  const short = (name: string) => name.split('/').at(-1) ?? '';
  const put = (world: World, name: string, bytes: Buffer) => {
    const generation = (world.objects[name]?.generation ?? 0) + 1;
    world.objects[name] = { text: bytes.toString(), generation };
    return true;
  };
  const stage = {
    bucket: 'b',
    read: async (name: string) => {
      const does = ({ objects }: World) => (objects[name] ? { object: name, ...objects[name] } : null);
      // Where nobody cancels, that object is never there.
      const isQuiet = name.endsWith('-cancelled.json') && !calls.hasCancel;
      const found = await (isQuiet ? calls.quiet(does) : calls.call(`read ${short(name)}`, does));
      return found && { bytes: Buffer.from(found.text), generation: String(found.generation) };
    },
    create: ({ name, bytes }: { name: string; bytes: Buffer }) =>
      calls.change(`create ${short(name)}`, (world) => !world.objects[name] && put(world, name, bytes)),
    replace: ({ name, bytes, generation }: { name: string; bytes: Buffer; generation: string }) =>
      calls.change(
        `replace ${short(name)}`,
        (world) => String(world.objects[name]?.generation) === generation && put(world, name, bytes),
      ),
    remove: ([name = '']: readonly string[]) =>
      calls.call(`remove ${short(name)}`, (world) => void delete world.objects[name]),
  };
  const destination = {
    // A running job is asked for until it has ended: who asks is answered then.
    getPublish: (id: string) =>
      calls.call(`get ${id}`, ({ jobs }) => (jobs[id] ? toJob(id, jobs[id]) : null), id),
    burn: (id: string) =>
      calls.call(`burn ${id}`, (world) => toJob(id, insert(world, id, { kind: 'burnt', age: 0 }))),
  };
  return {
    bucket: stage as unknown as FenceDeps['bucket'],
    destination: destination as unknown as FenceDeps['destination'],
    sleep: async () => undefined,
    random: () => 0,
    now: () => new Date('2026-01-02T03:00:00.000Z'),
  };
}
