import type { Spec } from '../../pipeline/objects/index.ts';
import { isTested, type TagTest, tagTestOf } from './tag-tests.ts';

/** How a value is written. */
export const BARE = 0;
export const QUOTED = 1;
/** A bare date, which most values with a test are. */
export const DATE = 2;
/** Whatever is rarer. */
export const OTHER = 3;

/** What is done to the values of a column, put together once a table. */
export interface ColumnPlan {
  /** One of the constants above. */
  kind: number;
  /** Null where nothing is ever tagged. */
  isTagged: TagTest | null;
  /** The test is made here, of a value that has no tag in front. */
  isTestedHere: boolean;
  /** A tagged value fails the attempt. */
  isError: boolean;
  /** What is kept of a tagged value begins behind so many bytes; null: nothing is kept. */
  keptFrom: number | null;
  isQuoted: boolean;
  isBase64: boolean;
  isHmac: boolean;
  /** A text that equals the null token is not told from NULL. */
  mayCollide: boolean;
}

type SpecColumn = Spec['columns'][number];

export function planOf(column: SpecColumn): ColumnPlan {
  const { cell, tag, mask, form } = column;
  const isQuoted = form === 'quoted';
  const keeps = tag?.action === 'string' || tag?.action === 'seconds';
  const isTestedHere = isTested(cell);
  const isSimple = tag === null && mask === null && cell === 'text';
  const isBareDate = cell === 'date' && tag !== null && mask === null && !isQuoted && !keeps;
  return {
    kind: isSimple ? (isQuoted ? QUOTED : BARE) : isBareDate ? DATE : OTHER,
    isTagged: tag === null || cell === 'base64' ? null : tagTestOf(cell, tag),
    isTestedHere,
    isError: tag?.action === 'error',
    // The server's tag is one byte before the text; the reader's is none.
    keptFrom: keeps ? (isTestedHere ? 0 : 1) : null,
    isQuoted,
    isBase64: cell === 'base64',
    isHmac: mask === 'hmac',
    mayCollide: isQuoted && mask === null && cell !== 'base64',
  };
}
