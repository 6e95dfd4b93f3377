import { objectNames } from '../../pipeline/names/index.ts';
import { progressSchema, type Spec } from '../../pipeline/objects/index.ts';
import { type Bucket, readObject } from '../../pipeline/ports/index.ts';
import { type ReadingNews, readingNews } from '../reading-news.ts';

/**
 * What the attempt's reader said last; null before it has said anything. A courtesy: what cannot be
 * read is not told.
 */
export async function readingProgress(spec: Spec, bucket: Bucket): Promise<ReadingNews | null> {
  const name = objectNames(spec.sourceId).progress(spec.attemptId);
  const found = await readObject(bucket, name, progressSchema).catch(() => null);
  return found && found.value.attemptId === spec.attemptId ? readingNews(found.value, spec) : null;
}
