import { z } from 'zod';
import type { Failure } from '../errors/index.ts';
import { tableRefSchema } from '../names/index.ts';

/** The shape of a `Failure`, wherever one is stored. */
export const failureSchema = z.strictObject({
  code: z.string(),
  message: z.string(),
  hint: z.string(),
  table: tableRefSchema.nullable(),
  link: z.string().nullable(),
}) satisfies z.ZodType<Failure>;
