import { z } from 'zod';
import { granularitySchema } from '../../pipeline/objects/index.ts';
import { durationSchema } from '../duration.ts';

const MAX_CLUSTERING = 4;
const LABEL = /^[a-z0-9_-]{0,63}$/;
const label = z.string().regex(LABEL, 'expected lower case letters, digits, _ and -, 63 at most');

/** How the destination is made; keys of `bigquery`. */
export const bigquerySchema = z
  .strictObject({
    partitionBy: z
      .strictObject({
        column: z.string().min(1).describe('A DATE, DATETIME or TIMESTAMP column, by its name in MySQL.'),
        granularity: granularitySchema.describe('Default: DAY.').default('DAY'),
      })
      .describe(
        'Partitions the destination when it is made. That of a table that is there cannot be changed; see recreate.',
      ),
    clusterBy: z
      .array(z.string().min(1))
      .min(1)
      .max(MAX_CLUSTERING)
      .describe('Columns, by their names in MySQL, by which the destination is clustered.'),
    labels: z.record(label, label).describe('Labels of the destination, beside those that people set.'),
    expiration: durationSchema.describe(
      'The destination vanishes this long after its last load; must be more than maxStaleness. Default: never.',
    ),
    recreate: z
      .boolean()
      .describe(
        'Makes the destination anew where its partitioning differs: loaded beside the old one, which it then replaces. Not atomic: for some seconds there is none. Default: false.',
      ),
  })
  .partial()
  .describe('How the destination is made.');
