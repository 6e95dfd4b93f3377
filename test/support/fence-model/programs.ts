import { toLoadError } from '../../../src/pipeline/errors/load-error.ts';
import { forgetCancelled, rememberCancelled } from '../../../src/pipeline/load/cancelled-load.ts';
import {
  awaitEnd,
  claim,
  type FenceDeps,
  recordPublished,
  Superseded,
  withdraw,
} from '../../../src/pipeline/load/fence.ts';
import { nextStep } from '../../../src/pipeline/load/next-step.ts';
import { takeTicket } from '../../../src/pipeline/load/table-state.ts';
import { attemptName, publishJobId } from '../../../src/pipeline/names/index.ts';
import type { Manifest } from '../../../src/pipeline/objects/manifest.ts';
import { type Calls, toJob } from './ports.ts';
import { insert, MAX_ATTEMPTS, MAX_PUBLISHES, type ModelProcess, modelLoad, type World } from './world.ts';

/** What a step leads to: the next step with its data, or the end of the process. */
export type Result = { data?: Partial<ModelProcess['data']> } & ({ step: string } | { end: string });
type Step = (process: ModelProcess, calls: Calls, deps: FenceDeps) => Promise<Result>;

const { signal } = new AbortController();
const jobOf = (loadId: string, attempt: number, publishNumber: number) =>
  publishJobId({ sourceId: 'test', attemptId: attemptName(loadId, attempt), publishNumber });

/** The real `nextStep`: asks what exists, and chooses. */
const look: Step = async ({ loadId, data }, calls) => {
  const facts = await calls.call('look', (world) => gather(world, loadId));
  const step = nextStep(
    { ...facts, attempt: null, manifest: facts.manifest as Manifest | null },
    data.nextAttempt,
    facts.isReaderLost,
  );
  switch (step.do) {
    case 'new-attempt':
      return step.attemptNumber > MAX_ATTEMPTS
        ? { end: 'failed' }
        : { step: 'begin', data: { attempt: step.attemptNumber } };
    case 'run-engine':
      return { step: 'read', data: { attempt: facts.attemptNumber } };
    case 'publish':
      if (step.publishNumber > MAX_PUBLISHES)
        return { step: 'look', data: { nextAttempt: facts.attemptNumber + 1 } };
      return { step: 'claim', data: { attempt: facts.attemptNumber, publishNumber: step.publishNumber } };
    case 'await-publish':
      return { step: 'await', data: { attempt: facts.attemptNumber, publishNumber: step.publishNumber } };
    case 'record':
      return {
        step: 'record',
        data: { attempt: facts.attemptNumber, publishNumber: facts.publish?.number ?? 0 },
      };
    case 'give-up-attempt':
      return { step: 'look', data: { nextAttempt: facts.attemptNumber + 1 } };
  }
};

function gather({ attempts, jobs, isDirect }: World, loadId: string) {
  const numbers = Object.keys(attempts).flatMap((name) =>
    name.startsWith(`${loadId}-a`) ? [Number(name.at(-1))] : [],
  );
  const attemptNumber = Math.max(0, ...numbers);
  const publishes = [1, 2, 3].flatMap((number) => {
    const id = jobOf(loadId, attemptNumber, number);
    return jobs[id] ? [{ number, job: toJob(id, jobs[id]), isBeside: false }] : [];
  });
  const isStageWhole = (attempts[attemptName(loadId, attemptNumber)]?.age ?? 0) > 0;
  return {
    attemptNumber,
    publish: publishes.at(-1) ?? null,
    manifest: isStageWhole ? {} : null,
    isStageWhole,
    // Who reads has come from the making of the attempt, and looks at nothing before.
    isReaderLost: isDirect && !isStageWhole,
  };
}

/** Real: takes the ticket; then the spec is created, by one of those who try. */
const begin: Step = async ({ loadId, data: { attempt } }, calls, deps) => {
  const ticket = await takeTicket(modelLoad(loadId), deps, signal);
  const isReader = await calls.quiet(({ attempts, isDirect }) => {
    const name = attemptName(loadId, attempt);
    const isFirst = attempts[name] === undefined;
    attempts[name] ??= { ticket, age: 0 };
    return isFirst && isDirect;
  });
  return isReader ? { step: 'read', data: { attempt } } : { step: 'look' };
};

const read: Step = async ({ loadId, data: { attempt } }, calls) => {
  await calls.call(`read the rows of ${loadId}`, (world) => {
    const spec = world.attempts[attemptName(loadId, attempt)];
    if (!spec || spec.age > 0) return;
    world.clock += 1;
    spec.age = world.clock;
  });
  return { step: 'look' };
};

/** Real: the right to insert. */
const claimStep: Step = async ({ loadId, data: { attempt, publishNumber } }, calls, deps) => {
  const name = attemptName(loadId, attempt);
  const ticket = await calls.quiet(({ attempts }) => attempts[name]?.ticket ?? 0);
  const spec = { ticket, attemptId: name, attemptNumber: attempt };
  try {
    const job = jobOf(loadId, attempt, publishNumber);
    await claim({ load: modelLoad(loadId), spec, job, kind: 'load' }, deps, signal);
    return { step: 'insert' };
  } catch (thrown) {
    if (thrown instanceof Superseded) return { end: 'superseded' };
    const { code } = toLoadError(thrown);
    if (code === 'OVERTAKEN') return { step: 'look', data: { nextAttempt: attempt + 1 } };
    if (code === 'CANCELLED') return { end: 'stopped' };
    throw thrown;
  }
};

/** Everything between the claim and BigQuery, the network too. */
const insertStep: Step = async ({ loadId, data: { attempt, publishNumber } }, calls) => {
  const id = jobOf(loadId, attempt, publishNumber);
  await calls.call(`insert ${id}`, (world, fault) => {
    const { age = 0 } = world.attempts[attemptName(loadId, attempt)] ?? {};
    if (fault === 'late') world.late.push({ id, age });
    else if (fault !== 'away') insert(world, id, { kind: 'load', age });
    if (fault) throw new Error('503');
  });
  return { step: 'look' };
};

/** Real. */
const awaitStep: Step = async ({ loadId, data: { attempt, publishNumber } }, _, deps) => {
  const id = jobOf(loadId, attempt, publishNumber);
  const job = await deps.destination.getPublish(id);
  if (job) await awaitEnd(job, deps, signal);
  return { step: 'look' };
};

/** Real: what happened is written down. */
const record: Step = async ({ loadId, data: { attempt, publishNumber } }, calls, deps) => {
  const id = jobOf(loadId, attempt, publishNumber);
  const job = await calls.quiet(({ jobs }) => (jobs[id] ? toJob(id, jobs[id]) : null));
  if (job?.kind !== 'load') return { end: 'loaded by nothing' };
  await recordPublished(modelLoad(loadId), { attemptId: attemptName(loadId, attempt), job }, deps, signal);
  return { end: 'loaded' };
};

/** Real, but for the look at what exists: a person cancels a load. */
const cancel: Step = async ({ loadId }, calls, deps) => {
  const { attemptNumber, publish } = await calls.call('look', (world) => gather(world, loadId));
  if (publish && publish.job.kind === 'load' && !publish.job.error) return { end: 'too late' };
  const upTo = Math.max(attemptNumber, 1);
  await rememberCancelled(modelLoad(loadId), { upTo, reason: 'person' }, deps);
  if (await withdraw(modelLoad(loadId), deps, signal)) return { end: 'cancelled', data: { attempt: upTo } };
  await forgetCancelled(modelLoad(loadId), deps.bucket);
  return { end: 'too late' };
};

export const STEPS: Readonly<Record<string, Step>> = {
  look,
  begin,
  read,
  claim: claimStep,
  insert: insertStep,
  await: awaitStep,
  record,
  cancel,
};
