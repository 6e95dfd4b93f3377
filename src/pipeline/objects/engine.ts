import { z } from 'zod';
import { ENGINE_REASONS } from '../names/index.ts';

/** The engines, by the names that people write and read. */
export const engineNameSchema = z.enum(['dataproc', 'direct']);
export type EngineName = z.infer<typeof engineNameSchema>;

/** Which engine reads a table, and why. */
export const engineChoiceSchema = z.strictObject({
  engine: engineNameSchema,
  engineReason: z.enum(Object.keys(ENGINE_REASONS) as [EngineReason, ...EngineReason[]]),
});
export type EngineChoice = z.infer<typeof engineChoiceSchema>;
type EngineReason = keyof typeof ENGINE_REASONS;
