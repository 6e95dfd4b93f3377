import { gzipSync } from 'node:zlib';
import type { Assertion } from '../assertion.ts';
import type { ProveContext } from '../context.ts';
import type { Job, LoadRequest } from '../tools/bigquery.ts';
import { expectSame, expectTrue } from '../verdict.ts';

const FIELDS = [
  { name: 'n', type: 'INT64' },
  { name: 't', type: 'STRING' },
];
const GOOD = '1,"um"\n2,"dois"\n';
const BAD = '3,"três"\nnot a number,"x"\n';

type Disposition = LoadRequest['disposition'];

/** Loads these objects into a new table, or into `table`. */
async function loadObjects(
  { bigquery, objects }: ProveContext,
  contents: readonly (string | Buffer)[],
  more: { table?: string; disposition?: Disposition } = {},
): Promise<{ job: Job; table: string }> {
  const table = more.table ?? bigquery.newTable('loaded');
  const uris = await Promise.all(
    contents.map((content) => objects.put(content, typeof content === 'string' ? 'csv' : 'csv.gz')),
  );
  const disposition = more.disposition ?? 'WRITE_TRUNCATE';
  return { job: await bigquery.tryLoad({ table, uris, fields: FIELDS, disposition }), table };
}

const isAtomic = (disposition: Disposition) => async (context: ProveContext) => {
  const { table } = await loadObjects(context, [GOOD]);
  const before = await context.bigquery.getTable(table);
  const { job } = await loadObjects(context, ['7,"novo"\n', BAD], { table, disposition });
  expectTrue(job.status.errorResult !== undefined, 'the load with a bad object succeeded');
  const after = await context.bigquery.getTable(table);
  const facts = ({ numRows, lastModifiedTime }: typeof after) => ({ numRows, lastModifiedTime });
  expectSame(facts(after), facts(before), 'table after the failed load');
  const rows = await context.bigquery.query(`SELECT n FROM ${context.bigquery.sqlName(table)} ORDER BY n`);
  expectSame(rows, [['1'], ['2']], 'rows after the failed load');
  return `old rows kept; ${job.status.errorResult?.reason}`;
};

const counts =
  (contents: readonly (string | Buffer)[], expected: number) => async (context: ProveContext) => {
    const { job, table } = await loadObjects(context, contents);
    expectSame(job.status.errorResult?.message ?? null, null, 'error');
    const { numRows } = await context.bigquery.getTable(table);
    expectSame(
      { outputRows: job.statistics.load?.outputRows, numRows },
      { outputRows: String(expected), numRows: String(expected) },
      'counts',
    );
    return `outputRows = numRows = ${expected}`;
  };

async function missingObject(context: ProveContext): Promise<string> {
  const { bigquery, objects } = context;
  const { table } = await loadObjects(context, [GOOD]);
  const uris = [await objects.put(GOOD), `gs://${objects.settings.bucket}/${objects.newName()}`];
  const job = await bigquery.tryLoad({ table, uris, fields: FIELDS, disposition: 'WRITE_TRUNCATE' });
  expectSame(job.status.errorResult?.reason, 'notFound', 'reason');
  expectSame((await bigquery.getTable(table)).numRows, '2', 'rows afterwards');
  return 'notFound, old rows kept';
}

export const LOADS: readonly Assertion[] = [
  {
    id: 22,
    title: 'WRITE_TRUNCATE is atomic over several objects: one bad object leaves rows and table as they were',
    unproven: [3],
    check: isAtomic('WRITE_TRUNCATE'),
  },
  {
    id: 23,
    title: 'WRITE_TRUNCATE_DATA is atomic over several objects',
    unproven: [3, 2],
    check: isAtomic('WRITE_TRUNCATE_DATA'),
  },
  {
    id: 24,
    title: 'An object that is gone fails the whole load as notFound',
    unproven: [3],
    check: missingObject,
  },
  {
    id: 25,
    title: 'outputRows and numRows are the rows of one object',
    unproven: [4],
    check: counts([GOOD], 2),
  },
  {
    id: 26,
    title: 'outputRows and numRows are the rows of several objects, one of them empty',
    unproven: [4],
    check: counts([GOOD, '', GOOD, '9,"nove"\n'], 5),
  },
  {
    id: 27,
    title: 'An empty object alone makes an empty table',
    unproven: [4],
    check: counts([''], 0),
  },
  {
    id: 28,
    title: 'Objects compressed by gzip are read as such',
    unproven: [21],
    check: counts([gzipSync(GOOD), gzipSync('9,"nove"\n')], 3),
  },
  {
    id: 29,
    title: 'Compressed and plain objects in one load are refused',
    unproven: [21],
    check: async (context: ProveContext) => {
      const { job } = await loadObjects(context, [gzipSync(GOOD), GOOD]);
      expectTrue(job.status.errorResult !== undefined, 'the load succeeded');
      return `${job.status.errorResult?.reason}: ${job.status.errorResult?.message.split('\n')[0]}`;
    },
  },
].map((one) => ({ needsGoogle: null, ...one }));
