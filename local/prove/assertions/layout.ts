import type { Assertion } from '../assertion.ts';
import type { ProveContext } from '../context.ts';
import type { Table } from '../tools/bigquery.ts';
import { expectSame } from '../verdict.ts';

const FIELDS = [
  { name: 'n', type: 'INTEGER', mode: 'NULLABLE' },
  { name: 'dia', type: 'DATE', mode: 'NULLABLE' },
];
const LAYOUT = {
  timePartitioning: { type: 'MONTH', field: 'dia' },
  clustering: { fields: ['n'] },
};
const layoutOf = ({ timePartitioning, clustering }: Table) => ({ timePartitioning, clustering });

/** A table that a load has made with a layout. */
const laidOut = (context: ProveContext) =>
  context.once('laid out', async () => {
    const { bigquery, objects } = context;
    const table = bigquery.newTable('layout');
    const uris = [await objects.put('1,2026-01-31\n2,2026-03-01\n')];
    await bigquery.load({ table, fields: FIELDS, uris, disposition: 'WRITE_TRUNCATE', layout: LAYOUT });
    return { table, shown: await bigquery.getTable(table) };
  });

async function keepsLayout(context: ProveContext): Promise<string> {
  const { bigquery, objects } = context;
  const { table, shown } = await laidOut(context);
  const uris = [await objects.put('3,2026-02-01\n')];
  for (const disposition of ['WRITE_TRUNCATE_DATA', 'WRITE_TRUNCATE'] as const) {
    await bigquery.load({ table, fields: FIELDS, uris, disposition });
    expectSame(layoutOf(await bigquery.getTable(table)), layoutOf(shown), `layout after ${disposition}`);
  }
  return 'as it was made';
}

export const LAYOUTS: readonly Assertion[] = [
  {
    id: 85,
    title: 'A load that makes a table gives it partitions by a column and clustering',
    unproven: [23],
    check: async (context: ProveContext) => {
      const { shown } = await laidOut(context);
      expectSame(layoutOf(shown), LAYOUT, 'layout');
      return 'both as asked for';
    },
  },
  {
    id: 86,
    title: 'Loads that say nothing of the layout keep it, with either disposition',
    unproven: [23],
    check: keepsLayout,
  },
].map((one) => ({ needsGoogle: null, ...one }));
