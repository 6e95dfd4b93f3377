import type { Assertion } from '../assertion.ts';
import type { ProveContext } from '../context.ts';
import type { Job, Table } from '../tools/bigquery.ts';
import { Disproved, expectRefused, expectSame, expectTrue } from '../verdict.ts';

const FIELDS = [{ name: 'n', type: 'INTEGER', mode: 'NULLABLE' }];
/** `lastModifiedTime` may be this much later than the job's end (`own-stamp.ts`). */
const MAX_LAG_MS = 1_000;
const LAG_LOOKS = 5;

export async function loadRows(
  context: ProveContext,
  rows: string,
  given?: string,
): Promise<{ table: string; job: Job }> {
  const { bigquery, objects } = context;
  const table = given ?? bigquery.newTable('timed');
  const uris = [await objects.put(rows)];
  return { table, job: await bigquery.load({ table, fields: FIELDS, uris, disposition: 'WRITE_TRUNCATE' }) };
}

/** The same table as both lists show it, and the job that changed it last. */
const timed = (context: ProveContext) =>
  context.once('timed', async () => {
    const { bigquery } = context;
    const { table, job } = await loadRows(context, '1\n2\n');
    const { project, dataset } = bigquery.settings;
    const [row = []] = await bigquery.query(
      `SELECT CAST(last_modified_time AS STRING) AS m, CAST(row_count AS STRING) AS r FROM \`${project}.${dataset}.__TABLES__\` WHERE table_id = '${table}'`,
    );
    return { job, shown: await bigquery.getTable(table), listed: { lastModified: row[0], rows: row[1] } };
  });

async function modifiedWhenTheJobEnded(context: ProveContext): Promise<string> {
  const lags: number[] = [];
  const { table } = await loadRows(context, '1\n');
  for (let look = 0; look < LAG_LOOKS; look += 1) {
    const { job } = await loadRows(context, '1\n2\n', table);
    const { lastModifiedTime } = await context.bigquery.getTable(table);
    const { startTime, endTime } = job.statistics;
    const lagMs = Number(lastModifiedTime) - Number(endTime);
    const tookMs = Number(endTime) - Number(startTime);
    expectTrue(
      lagMs <= MAX_LAG_MS && lagMs >= -tookMs,
      `lastModifiedTime is ${lagMs} ms after the job's end`,
    );
    lags.push(lagMs);
  }
  const [least, most] = [Math.min(...lags), Math.max(...lags)];
  const isBehind = most > 0 ? '; loads are their own only with bigquery.jobs.listAll' : '';
  return `${least} to ${most} ms after the job's end${isBehind}`;
}

export function copySnapshot(context: ProveContext, table: string, atMs: number): Promise<Job> {
  return copyTable(context, { from: `${table}@${atMs}`, to: table });
}

export async function copyTable(
  { bigquery }: ProveContext,
  { from, to }: { from: string; to: string },
): Promise<Job> {
  const id = bigquery.newJobId();
  await bigquery.insert(id, {
    copy: {
      sourceTable: bigquery.reference(from),
      destinationTable: bigquery.reference(to),
      writeDisposition: 'WRITE_TRUNCATE',
      createDisposition: 'CREATE_IF_NEEDED',
    },
  });
  return bigquery.finish(id);
}

async function putsBack(context: ProveContext): Promise<string> {
  const { table } = await loadRows(context, '1\n2\n');
  const { job } = await loadRows(context, '9\n', table);
  const copied = await copySnapshot(context, table, Number(job.statistics.startTime) - 1);
  expectSame(copied.status.errorResult?.message ?? null, null, 'error of the copy');
  const rows = await context.bigquery.query(`SELECT n FROM ${context.bigquery.sqlName(table)} ORDER BY n`);
  expectSame(rows, [['1'], ['2']], 'rows afterwards');
  return 'the rows of before the load';
}

async function refusesTimeBeforeTable(context: ProveContext): Promise<string> {
  const { table, job } = await loadRows(context, '1\n');
  const copied = await copySnapshot(context, table, Number(job.statistics.startTime) - 3_600_000).catch(
    (error: { code?: number; errors?: { reason: string }[] }) => {
      if (error.code !== 400 && error.code !== 404) throw error;
      return { status: { errorResult: { reason: error.errors?.[0]?.reason ?? String(error.code) } } };
    },
  );
  const reason = copied.status.errorResult?.reason ?? 'none';
  expectTrue(['notFound', 'invalid'].includes(reason), `reason ${reason}`);
  expectSame((await context.bigquery.getTable(table)).numRows, '1', 'rows afterwards');
  return reason;
}

/** Through the client, which sends the etag as If-Match. */
export async function patch(
  { bigquery }: ProveContext,
  table: string,
  metadata: Record<string, unknown>,
): Promise<Table> {
  const [answer] = await bigquery.client
    .dataset(bigquery.settings.dataset)
    .table(table)
    .setMetadata(metadata as never);
  return answer as Table;
}

const WIDER = [...FIELDS, { name: 'novo', type: 'STRING', mode: 'NULLABLE' }];

const patched = (context: ProveContext) =>
  context.once('patched', async () => {
    const { table } = await loadRows(context, '1\n2\n');
    const before = await context.bigquery.getTable(table);
    const after = await patch(context, table, { etag: before.etag, schema: { fields: WIDER } });
    return { table, before, after };
  });

export const TABLES: readonly Assertion[] = [
  {
    id: 49,
    title: 'lastModifiedTime of tables.get and last_modified_time of __TABLES__ are equal',
    unproven: [7],
    check: async (context: ProveContext) => {
      const { shown, listed } = await timed(context);
      expectSame(listed.lastModified, shown.lastModifiedTime, 'last_modified_time');
      return shown.lastModifiedTime;
    },
  },
  {
    id: 50,
    title: 'row_count of __TABLES__ and numRows are equal right after a load',
    unproven: [7],
    check: async (context: ProveContext) => {
      const { shown, listed } = await timed(context);
      expectSame(listed.rows, shown.numRows, 'row_count');
      return `${shown.numRows} rows`;
    },
  },
  {
    id: 51,
    title: `lastModifiedTime is within the load job, or at most ${MAX_LAG_MS / 1_000} s after its end`,
    unproven: [7],
    check: modifiedWhenTheJobEnded,
  },
  {
    id: 52,
    title: 'A copy from table@milliseconds over the table puts it back',
    unproven: [14],
    check: putsBack,
  },
  {
    id: 53,
    title: 'A copy from a time before the table fails as notFound or invalid, and changes nothing',
    unproven: [14],
    check: refusesTimeBeforeTable,
  },
  {
    id: 54,
    title: 'tables.patch adds a NULLABLE column, keeps the rows and moves lastModifiedTime',
    unproven: [19],
    check: async (context: ProveContext) => {
      const { before, after } = await patched(context);
      expectSame([after.schema.fields.length, after.numRows], [2, '2'], 'columns and rows');
      expectTrue(
        Number(after.lastModifiedTime) > Number(before.lastModifiedTime),
        'lastModifiedTime is as before',
      );
      return `${Number(after.lastModifiedTime) - Number(before.lastModifiedTime)} ms later`;
    },
  },
  {
    id: 55,
    title: 'tables.patch with an old etag is 412',
    unproven: [19],
    check: async (context: ProveContext) => {
      const { table, before } = await patched(context);
      return expectRefused([412], () => patch(context, table, { etag: before.etag, description: 'late' }));
    },
  },
  {
    id: 56,
    title: 'tables.patch refuses a new REQUIRED column',
    unproven: [19],
    check: async (context: ProveContext) => {
      const { table, after } = await patched(context);
      if (after.schema.fields.length !== 2) throw new Disproved('the column before was not added');
      const fields = [...WIDER, { name: 'obrigatorio', type: 'STRING', mode: 'REQUIRED' }];
      return expectRefused([400], () => patch(context, table, { schema: { fields } }));
    },
  },
  {
    id: 57,
    title: 'After a patch that added a column, WRITE_TRUNCATE_DATA loads the wider rows',
    unproven: [2, 19],
    check: async (context: ProveContext) => {
      const { bigquery, objects } = context;
      const { table } = await patched(context);
      const uris = [await objects.put('7,"sete"\n')];
      await bigquery.load({ table, fields: WIDER, uris, disposition: 'WRITE_TRUNCATE_DATA' });
      expectSame(
        await bigquery.query(`SELECT n, novo FROM ${bigquery.sqlName(table)}`),
        [['7', 'sete']],
        'rows',
      );
      return 'loaded';
    },
  },
].map((one) => ({ needsGoogle: null, ...one }));
