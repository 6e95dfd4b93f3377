import { z } from 'zod';

const UNITS = { MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 } as const;

/** `512MB`, `2GB` or `1TB`, as bytes. */
export const sizeSchema = sizeOf(/^(\d{1,6})(MB|GB|TB)$/, 'expected a size such as 512MB or 2GB');
/** The same, or a number of bytes. */
export const bytesSchema = sizeOf(
  /^(\d{1,6})(MB|GB|TB)$|^(\d{1,15})$/,
  'expected a size such as 512MB or 2GB, or a number of bytes',
);

function sizeOf(pattern: RegExp, expected: string): z.ZodType<number, string> {
  return z.string({ error: expected }).transform((text, context) => {
    const [, number, unit, bytes] = pattern.exec(text) ?? [];
    if (bytes !== undefined) return Number(bytes);
    if (unit !== undefined) return Number(number) * UNITS[unit as keyof typeof UNITS];
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });
}
