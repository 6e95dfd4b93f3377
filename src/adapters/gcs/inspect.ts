import { randomBytes } from 'node:crypto';
import { objectNames } from '../../pipeline/names/index.ts';
import type { BucketFacts, Inspection } from '../../pipeline/ports/index.ts';
import { withRetry } from '../retry.ts';
import { classify, createStorage, type GcsSettings } from './client.ts';

interface Rule {
  action?: { type?: string };
  condition?: { age?: number; matchesPrefix?: string[] };
}

/** Cloud Storage's part of `Inspection`. */
export function inspectBucket(
  settings: GcsSettings & { sourceId: string },
): Pick<Inspection, 'bucket' | 'tryWritingObjects'> {
  const bucket = createStorage(settings).bucket(settings.bucket);
  const retrying = <T>(call: () => Promise<T>) =>
    withRetry(call, (error) => classify(error, settings.bucket), { settings: settings.retry });
  return {
    bucket: () => retrying(async () => toFacts((await bucket.getMetadata())[0])),
    tryWritingObjects: () =>
      retrying(async () => {
        const file = bucket.file(objectNames(settings.sourceId).doctorFile(randomBytes(4).toString('hex')));
        await file.save('um', { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } });
        await file.delete({ ignoreNotFound: true });
      }),
  };
}

function toFacts({
  location,
  lifecycle,
}: {
  location?: string;
  lifecycle?: { rule?: Rule[] } | null;
}): BucketFacts {
  const rules = (lifecycle?.rule ?? []).map(({ action, condition }) => ({
    action: action?.type ?? '',
    ageDays: condition?.age ?? null,
    prefixes: condition?.matchesPrefix ?? [],
  }));
  return { location: location ?? '', lifecycle: rules };
}
