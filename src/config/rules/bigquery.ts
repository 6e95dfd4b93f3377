import { z } from 'zod';

const MAX_CLUSTERING = 4;

/** How a destination is laid out in BigQuery; for tables that Adutora makes. */
export const bigqueryKeys = {
  bigquery: z
    .strictObject({
      partitionBy: z
        .strictObject({
          column: z.string().min(1).describe('A column that arrives as DATE, DATETIME or TIMESTAMP.'),
          granularity: z
            .enum(['HOUR', 'DAY', 'MONTH', 'YEAR'])
            .default('DAY')
            .describe('Length of a partition; HOUR is not for DATE. Default: DAY.'),
        })
        .describe('Partitions of the destination, by a column of the table.'),
      clusterBy: z
        .array(z.string().min(1))
        .min(1)
        .max(MAX_CLUSTERING)
        .describe('Columns by which the destination is clustered, in that order.'),
    })
    .partial()
    .describe(
      'Layout of the destination. It is made with the table; a table that is there with another one is not loaded (TABLE_DESIGN_DIFFERS).',
    ),
};
