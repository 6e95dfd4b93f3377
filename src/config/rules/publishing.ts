import { z } from 'zod';
import { PROTECTIONS, SCHEMA_CHANGES } from '../../pipeline/objects/index.ts';

const PERCENT = 'expected a percentage from 0% to 100%, such as 80%';
const percentSchema = z.string({ error: PERCENT }).transform((text, context) => {
  const match = /^(\d{1,3})%$/.exec(text);
  if (!match || Number(match[1]) > 100) {
    context.addIssue({ code: 'custom', message: PERCENT });
    return z.NEVER;
  }
  return Number(match[1]);
});

/** What a publish may do to a destination. */
export const publishingKeys = {
  schemaChanges: z
    .enum(SCHEMA_CHANGES)
    .describe(
      'When columns of the table change: allow all; only added ones; or none, and the load fails. Default: allow.',
    ),
  rowAccessPolicies: z
    .enum(PROTECTIONS)
    .describe(
      'A schema change other than added columns drops the row access policies of the destination: protect fails the load instead; drop lets them go. Default: protect.',
    ),
  foreignColumns: z
    .enum(PROTECTIONS)
    .describe(
      'A load drops columns of the destination that people have added, with their values: protect fails it instead, before anything is read; drop lets them go. Default: protect.',
    ),
  guard: z
    .strictObject({
      maxShrink: percentSchema.describe(
        'A load that would leave fewer rows than that stops before it is published; 100% never stops. Default: 80%.',
      ),
      from: z.int().min(0).describe('Rows of the destination from which this is looked at. Default: 1000.'),
    })
    .partial()
    .describe('Stops a load that would shrink a table by much; npm run accept publishes it.'),
};
