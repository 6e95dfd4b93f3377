import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type CrashPoint, crashPoints } from '../../../src/pipeline/errors/index.ts';
import { objectNames } from '../../../src/pipeline/names/index.ts';
import type { Sandbox } from '../sandbox.ts';

/** Objects of stages by name, and how to keep no more. */
export interface KeptStages {
  objects: Map<string, Buffer>;
  stop(): void;
}

/**
 * From now on, what this process's workers of a sandbox are about to publish, which deletes it.
 * `dataDir` is the stack's.
 */
export function keepStages(dataDir: string, { config }: Sandbox): KeptStages {
  const objects = new Map<string, Buffer>();
  const bucket = join(dataDir, 'gcs', config.settings.GCS_BUCKET);
  const stages = objectNames(config.settings.SOURCE_ID).stages;
  const onPoint = (point: unknown) => {
    if ((point as CrashPoint) !== 'F11') return;
    for (const entry of readdirSync(bucket, { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath, entry.name);
      const name = decodeURIComponent(relative(bucket, file));
      const isKept = entry.isFile() && name.startsWith(stages) && name.includes('/data/');
      if (isKept && !objects.has(name)) objects.set(name, readFileSync(file));
    }
  };
  crashPoints.subscribe(onPoint);
  return { objects, stop: () => void crashPoints.unsubscribe(onPoint) };
}
