import type { Assertion } from '../assertion.ts';
import type { ProveContext } from '../context.ts';
import { expectRefused, expectSame, expectTrue } from '../verdict.ts';
import { loadRows } from './tables.ts';

async function dropsOnce(context: ProveContext): Promise<string> {
  const { bigquery } = context;
  const { table } = await loadRows(context, '1\n');
  const id = bigquery.newJobId();
  const query = `DROP TABLE IF EXISTS ${bigquery.sqlName(table)}`;
  const drop = () => bigquery.insert(id, { query: { query, useLegacySql: false } });
  await drop();
  const job = await bigquery.finish(id);
  expectSame(job.status.errorResult?.message ?? null, null, 'error of the DROP');
  await expectRefused([404], () => bigquery.getTable(table));
  await loadRows(context, '1\n', table);
  const refusal = await expectRefused([409], drop);
  expectSame((await bigquery.getTable(table)).numRows, '1', 'rows of the table made since');
  return refusal;
}

interface Listed {
  jobs?: { jobReference: { jobId: string }; configuration?: { query?: { query?: string } } }[];
}

async function listsWriters(context: ProveContext): Promise<string> {
  const { bigquery } = context;
  const { table, job } = await loadRows(context, '1\n');
  const id = bigquery.newJobId();
  const query = `UPDATE ${bigquery.sqlName(table)} SET n = 2 WHERE true`;
  await bigquery.insert(id, { query: { query, useLegacySql: false } });
  await bigquery.finish(id);
  const { jobs = [] } = await bigquery.rest<Listed>({
    method: 'GET',
    uri: '/jobs',
    qs: { allUsers: 'true', projection: 'full', minCreationTime: job.statistics.startTime ?? '0' },
  });
  const found = jobs.find(({ jobReference }) => jobReference.jobId === id);
  expectTrue(found !== undefined, 'the list lacks the statement');
  expectSame(found?.configuration?.query?.query, query, 'text of the statement');
  return 'with its text';
}

export const FENCE: readonly Assertion[] = [
  {
    id: 90,
    title: 'DROP TABLE under a fixed id drops once: the same id answers 409, and a table made since stays',
    unproven: [35],
    needsGoogle: null,
    check: dropsOnce,
  },
  {
    id: 91,
    title: 'The list of all jobs shows a statement that changed a table, with its text',
    unproven: [34],
    needsGoogle: null,
    check: listsWriters,
  },
];
