import type { Assertion } from '../assertion.ts';
import type { ProveContext } from '../context.ts';
import { expectSame, expectTrue } from '../verdict.ts';
import { copySnapshot, copyTable, loadRows, patch } from './tables.ts';

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
  {
    id: 87,
    title: 'A table that was removed comes back by a copy from the time of its last change',
    unproven: [14],
    check: async (context: ProveContext) => {
      const { bigquery } = context;
      const { table } = await loadRows(context, '1\n2\n');
      const { lastModifiedTime } = await bigquery.getTable(table);
      await bigquery.rest({
        method: 'DELETE',
        uri: `/datasets/${bigquery.settings.dataset}/tables/${table}`,
      });
      const copied = await copySnapshot(context, table, Number(lastModifiedTime) + 1);
      expectSame(copied.status.errorResult?.message ?? null, null, 'error of the copy');
      expectSame((await bigquery.getTable(table)).numRows, '2', 'rows afterwards');
      return 'with its rows';
    },
  },
  {
    id: 88,
    title: 'A NUMERIC(10, 2) does not hold a third decimal: it is refused, cut off or rounded',
    unproven: [27],
    needsGoogle: 'The stand-in knows no digits of a NUMERIC.',
    check: async ({ bigquery, objects }: ProveContext) => {
      const table = bigquery.newTable('digits');
      const fields = [{ name: 'v', type: 'NUMERIC', precision: '10', scale: '2' }];
      const uris = [await objects.put('1.239\n')];
      const { status } = await bigquery.tryLoad({ table, fields, uris, disposition: 'WRITE_TRUNCATE' });
      if (status.errorResult) return `refused: ${status.errorResult.message}`;
      const [[value] = []] = await bigquery.query(`SELECT CAST(v AS STRING) FROM ${bigquery.sqlName(table)}`);
      expectTrue(value !== '1.239', 'all decimals are there');
      return `became ${value}`;
    },
  },
  {
    id: 89,
    title: 'A partitioned, clustered table keeps both in a copy, and over itself from its past',
    unproven: [14, 30],
    check: async (context: ProveContext) => {
      const { bigquery } = context;
      const table = bigquery.newTable('parted');
      const fields = [
        { name: 'dia', type: 'DATE' },
        { name: 'n', type: 'INTEGER' },
      ];
      const options = { timePartitioning: { type: 'DAY', field: 'dia' }, clustering: { fields: ['n'] } };
      await bigquery.rest({
        method: 'POST',
        uri: `/datasets/${bigquery.settings.dataset}/tables`,
        json: { tableReference: bigquery.reference(table), schema: { fields }, ...options },
      });
      const load = async (row: string) => {
        const uris = [await context.objects.put(row)];
        return bigquery.load({ table, fields, uris, disposition: 'WRITE_TRUNCATE_DATA' });
      };
      await load('2026-01-01,1\n');
      const { statistics } = await load('2026-01-02,2\n');
      await copySnapshot(context, table, Number(statistics.startTime) - 1);
      const other = bigquery.newTable('copy');
      await copyTable(context, { from: table, to: other });
      for (const name of [table, other]) {
        const { timePartitioning, clustering } = await bigquery.getTable(name);
        expectSame({ ...(timePartitioning as object) }, options.timePartitioning, `partitioning of ${name}`);
        expectSame({ ...(clustering as object) }, options.clustering, `clustering of ${name}`);
      }
      return 'kept';
    },
  },
].map((one) => ({ needsGoogle: null, ...one }));
