import { LoadError, reached } from '../errors/index.ts';
import { attemptName, objectNames, plural } from '../names/index.ts';
import type { LoadObject } from '../objects/index.ts';
import type { WorkDeadline } from '../ports/index.ts';
import { createAttempt } from './create-attempt.ts';
import { awaitEnd } from './fence.ts';
import {
  type AttemptSpec,
  engineOf,
  type LoadDeps,
  type LoadOutcome,
  type LoadWatch,
  type WholeStage,
} from './load-deps.ts';
import type { LoadFacts } from './load-facts.ts';
import type { NextStep } from './next-step.ts';
import { publishStage } from './publish/index.ts';
import { reconcile } from './reconcile.ts';
import { recordLoad } from './record-load.ts';

const PUBLISH_DELAY_MS = 5_000;

interface StepInput {
  load: LoadObject;
  facts: LoadFacts;
  step: NextStep;
  deadline: WorkDeadline | null;
  /** Names of attempts whose spec was made by this call of the load; new ones are added. */
  begun: Set<string>;
}

/** The load's outcome where the step ends it, else null: then it is asked again what exists. */
export async function takeStep(
  { load, facts, step, deadline, begun }: StepInput,
  deps: LoadDeps,
  watch: LoadWatch,
): Promise<LoadOutcome | null> {
  switch (step.do) {
    case 'new-attempt':
      if (await createAttempt({ load, attemptNumber: step.attemptNumber }, deps, watch))
        begun.add(attemptName(load.loadId, step.attemptNumber));
      return null;
    case 'run-engine':
      await runEngine({ load, attempt: attemptOf(facts), deadline }, deps, watch);
      return null;
    case 'publish':
      await publishStep({ load, facts, publishNumber: step.publishNumber }, deps, watch);
      return null;
    case 'await-publish':
      if (facts.publish) await awaitEnd(facts.publish.job, deps, watch.signal);
      return null;
    case 'record':
      return recordLoad({ load, stage: stageOf(facts), job: step.job }, deps, watch);
    case 'give-up-attempt':
      throw step.error;
  }
}

async function runEngine(
  { load, attempt, deadline }: { load: LoadObject; attempt: AttemptSpec; deadline: WorkDeadline | null },
  deps: LoadDeps,
  watch: LoadWatch,
): Promise<void> {
  const { attemptNumber } = attempt.spec;
  await engineOf(attempt.spec, deps).run(attempt, {
    signal: watch.signal,
    deadline,
    report: ({ message, isPassing = false }) =>
      watch.report({ step: 'read', attempt: attemptNumber, message, isPassing }),
  });
  const names = objectNames(load.sourceId);
  if (await deps.bucket.exists(names.manifest(attempt.spec.attemptId))) return;
  const message = `Attempt ${attemptNumber} has ended without a manifest.`;
  throw new LoadError(attempt.spec.engine === 'dataproc' ? 'REMOTE_FAILED' : 'READER_LOST', message);
}

async function publishStep(
  { load, facts, publishNumber }: { load: LoadObject; facts: LoadFacts; publishNumber: number },
  deps: LoadDeps,
  watch: LoadWatch,
): Promise<void> {
  const stage = stageOf(facts);
  reached('F11');
  if (publishNumber > 1) await deps.sleep(PUBLISH_DELAY_MS * publishNumber, watch.signal);
  const { consistency } = reconcile({ ...stage, load });
  await watch.report({
    step: 'reconcile',
    attempt: facts.attemptNumber,
    message: `${plural(stage.manifest.rows, 'row')} staged, ${consistency}`,
  });
  const isKeyProven = consistency !== 'fuzzy';
  await publishStage({ load, stage, publishNumber, isKeyProven }, deps, watch);
}

function attemptOf(facts: LoadFacts): AttemptSpec {
  if (!facts.attempt) throw new LoadError('UNEXPECTED', 'The load has no attempt to go on with.');
  return facts.attempt;
}

function stageOf(facts: LoadFacts): WholeStage {
  if (!facts.manifest)
    throw new LoadError('STAGE_INCOMPLETE', 'The attempt was published and its manifest is gone.');
  return { ...attemptOf(facts), manifest: facts.manifest };
}
