import { z } from 'zod';

/** How a destination is laid out, by its column names in BigQuery. */
export const tableDesignSchema = z.strictObject({
  /** Null: not partitioned, or not said. `granularity` is BigQuery's own word: `DAY`, `HOUR`, … */
  partitionBy: z.strictObject({ column: z.string(), granularity: z.string() }).nullable(),
  /** In order; empty: not clustered, or not said. */
  clusterBy: z.array(z.string()),
});
export type TableDesign = z.infer<typeof tableDesignSchema>;

export const NO_DESIGN: TableDesign = { partitionBy: null, clusterBy: [] };
