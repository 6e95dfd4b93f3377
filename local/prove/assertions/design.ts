import type { Assertion } from '../assertion.ts';
import type { ProveContext } from '../context.ts';
import { expectSame } from '../verdict.ts';
import { loadRows, patch } from './tables.ts';

/** What the design of a destination relies on. */
export const DESIGN: readonly Assertion[] = [
  {
    id: 85,
    title:
      'tables.patch declares a primary key on a table with rows, and an empty tableConstraints takes it away',
    unproven: [23],
    check: async (context: ProveContext) => {
      const { table } = await loadRows(context, '1\n2\n');
      const keyOf = async () =>
        (await context.bigquery.getTable(table)).tableConstraints?.primaryKey?.columns;
      await patch(context, table, { tableConstraints: { primaryKey: { columns: ['n'] } } });
      expectSame(await keyOf(), ['n'], 'the declared key');
      await patch(context, table, { tableConstraints: {} });
      expectSame(await keyOf(), undefined, 'the key afterwards');
      return 'declared, and taken away';
    },
  },
  {
    id: 86,
    title: 'tables.patch changes the clustering of a table, and its rows stay',
    unproven: [23],
    check: async (context: ProveContext) => {
      const { table } = await loadRows(context, '1\n2\n');
      const after = await patch(context, table, { clustering: { fields: ['n'] } });
      expectSame((await context.bigquery.getTable(table)).numRows, '2', 'rows');
      return JSON.stringify(after.clustering);
    },
  },
].map((one) => ({ needsGoogle: null, ...one }));
