import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { ownStack } from '../stack-env.ts';
import { openPlace, type Place, type PlaceInput } from './place.ts';

type OwnInput = Omit<PlaceInput, 'stackEnv' | 'stackDir' | 'folder'>;

/** A place on the run's stack, in a new folder; the caller closes it. */
export async function openOwnPlace(input: OwnInput): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'adutora-chaos-'));
  const { env, dataDir } = ownStack();
  return openPlace({ stackEnv: env, stackDir: dataDir, folder, ...input });
}

/** The same for one test: closed at its end. */
export async function placeOfTest(
  { onTestFinished }: Pick<TestContext, 'onTestFinished'>,
  input: OwnInput,
): Promise<Place> {
  const place = await openOwnPlace(input);
  onTestFinished(() => place.close());
  return place;
}
