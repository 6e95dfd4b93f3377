import { z } from 'zod';
import { redisUrlProblem } from './redis-url.ts';

export const text = z.string().min(1);
export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `expected a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `expected a whole number from ${min} to ${max}`);
export const port = wholeNumber(1, 65_535);
export const list = text.transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);
export const dataset = z
  .string()
  .regex(/^[A-Za-z0-9_]{1,1024}$/, 'expected a BigQuery dataset name: letters, digits, underscores');
export const datasetTemplate = z
  .string()
  .regex(
    /^[A-Za-z0-9_]*(\{schema\})?[A-Za-z0-9_]*$/,
    'expected letters, digits, underscores and at most one {schema}',
  );
export const timeZone = text.refine((zone) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}, 'expected a time zone name such as America/Sao_Paulo');
export const address = z
  .string()
  .regex(
    /^(https?:\/\/)?(127\.0\.0\.1|localhost|\[::1\]):\d+\/?$/,
    'expected host:port on the loopback interface',
  );

export const redisUrl = z.string().transform((value, context) => {
  const problem = redisUrlProblem(value);
  if (problem) context.addIssue({ code: 'custom', message: problem });
  return value;
});

export const secretVersion = z
  .string()
  .regex(
    /^projects\/[^/]+\/secrets\/[^/]+\/versions\/[^/]+$/,
    'expected projects/P/secrets/NAME/versions/VERSION',
  );

/** One that stays what it is. */
export const pinnedSecretVersion = z
  .string()
  .regex(
    /^projects\/[^/]+\/secrets\/[^/]+\/versions\/\d+$/,
    'expected projects/P/secrets/NAME/versions/NUMBER: a key that changes unseen makes other hashes in unchanged tables',
  );

/**
 * One environment variable: how its text is read, its default as text (none: required or optional),
 * what it is for.
 */
export interface Setting<T = unknown> {
  schema: z.ZodType<T, string>;
  default?: string;
  isOptional?: true;
  isSecret?: true;
  group: 'Source' | 'Google Cloud' | 'Queue' | 'Schedule' | 'Loads' | 'Board' | 'Stand-ins';
  doc: string;
  example?: string;
}

export const setting = <T, S extends Omit<Setting<T>, 'schema'>>(schema: z.ZodType<T, string>, about: S) => ({
  schema,
  ...about,
});
