import { z } from 'zod';

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION = /^(\d{1,6})(s|m|h|d)$/;
const EXPECTED = 'expected a duration such as 90s, 15m, 12h or 7d';

/** A duration as people write it (`90s`, `15m`, `12h`, `7d`), as milliseconds. */
export const durationSchema = z.string({ error: EXPECTED }).transform((text, context) => {
  const match = DURATION.exec(text);
  if (!match) {
    context.addIssue({ code: 'custom', message: EXPECTED });
    return z.NEVER;
  }
  return Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
});

/** A duration from `min` to `max`, both as people write them. */
export function durationBetween(min: string, max: string): typeof durationSchema {
  const [least, most] = [durationSchema.parse(min), durationSchema.parse(max)];
  return durationSchema.refine(
    (ms) => ms >= least && ms <= most,
    `expected a duration from ${min} to ${max}`,
  ) as typeof durationSchema;
}
