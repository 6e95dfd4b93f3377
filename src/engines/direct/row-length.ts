import type { ColumnPlan } from './column-plan.ts';

const QUOTE = 0x22;
const HMAC_LENGTH = 64;

/**
 * Bytes of a row: of its values as Spark reads them, but for those that an HMAC stands for, and of
 * the line that is made of them. `bounds` as `boundsOf` gives them.
 */
export function measureRow(
  plans: readonly ColumnPlan[],
  { source, bounds, nullToken }: { source: Buffer; bounds: readonly number[]; nullToken: string },
): { cells: number; line: number } {
  let cells = 0;
  let line = plans.length - 1;
  for (const [index, plan] of plans.entries()) {
    const [from = -1, to = -1] = bounds.slice(2 * index, 2 * index + 2);
    const isTagged = from >= 0 && plan.isTagged?.(source, from, to) === true;
    if (from >= 0 && !plan.isHmac)
      cells += textLength(plan, to - from) + (isTagged && plan.isTestedHere ? 1 : 0);
    const kept = isTagged ? plan.keptFrom : 0;
    line +=
      from < 0 || kept === null ? nullToken.length : writtenLength(plan, source.subarray(from + kept, to));
  }
  return { cells, line };
}

const textLength = ({ isBase64 }: ColumnPlan, length: number) =>
  isBase64 ? Math.ceil(length / 3) * 4 : length;

function writtenLength(plan: ColumnPlan, value: Buffer): number {
  const text = plan.isHmac ? HMAC_LENGTH : textLength(plan, value.length);
  if (!plan.isQuoted) return text;
  return text + 2 + (plan.isHmac || plan.isBase64 ? 0 : countQuotes(value));
}

function countQuotes(value: Buffer): number {
  let count = 0;
  for (let at = value.indexOf(QUOTE); at !== -1; at = value.indexOf(QUOTE, at + 1)) count += 1;
  return count;
}
