import type { Assertion } from '../assertion.ts';
import type { ProveContext } from '../context.ts';
import type { Job, LoadRequest } from '../tools/bigquery.ts';
import { Disproved, expectRefused, expectSame, expectTrue, Undecided } from '../verdict.ts';

const FIELDS = [{ name: 'n', type: 'INT64' }];
/** Regions whose jobs are found without a location. */
const FOUND_WITHOUT_LOCATION = ['US', 'EU'];

/** A load of one row that must succeed under an id that is free. */
async function goodLoad(context: ProveContext, id: string): Promise<LoadRequest> {
  const uris = [await context.objects.put('1\n')];
  const table = context.bigquery.newTable('ids');
  return { id, table, uris, fields: FIELDS, disposition: 'WRITE_TRUNCATE', labels: { attempt: 'a1' } };
}

const finishedLoad = (context: ProveContext): Promise<Job> =>
  context.once('finished load', async () =>
    context.bigquery.load(await goodLoad(context, context.bigquery.newJobId())),
  );

const selectOne = (context: ProveContext, id: string) =>
  context.bigquery.insert(id, { query: { query: 'SELECT 1', useLegacySql: false } });

async function burn(context: ProveContext): Promise<string> {
  const id = context.bigquery.newJobId();
  await selectOne(context, id);
  await context.bigquery.finish(id);
  const refusal = await expectRefused([409], async () =>
    context.bigquery.startLoad(await goodLoad(context, id)),
  );
  const job = await context.bigquery.getJob(id);
  expectTrue(job.statistics.load === undefined, 'the id answers with a load job');
  return refusal;
}

export const JOB_IDS: readonly Assertion[] = [
  {
    id: 1,
    title: 'The id of a load that succeeded is taken: a second insert answers 409',
    unproven: [1],
    needsGoogle: null,
    check: async (context) => {
      const { jobId } = (await finishedLoad(context)).jobReference;
      return expectRefused([409], async () => context.bigquery.startLoad(await goodLoad(context, jobId)));
    },
  },
  {
    id: 2,
    title: 'The id of a load that failed is used up: a good load under it answers 409, and nothing is loaded',
    unproven: [1],
    needsGoogle: null,
    check: async (context) => {
      const { bigquery, objects } = context;
      const id = bigquery.newJobId();
      const good = await goodLoad(context, id);
      const failed = await bigquery.tryLoad({ ...good, uris: [await objects.put('not a number\n')] });
      if (!failed.status.errorResult) throw new Disproved('the bad load did not fail');
      const refusal = await expectRefused([409], () => bigquery.startLoad(good));
      await expectRefused([404], () => bigquery.getTable(good.table));
      return refusal;
    },
  },
  {
    id: 3,
    title: 'A query job burns an id: a load under it answers 409 and finds no load of its own',
    unproven: [8],
    needsGoogle: null,
    check: burn,
  },
  {
    id: 4,
    title: 'A query job cannot take the id of a load',
    unproven: [8],
    needsGoogle: null,
    check: async (context) => {
      const { jobId } = (await finishedLoad(context)).jobReference;
      return expectRefused([409], () => selectOne(context, jobId));
    },
  },
  {
    id: 5,
    title: 'jobs.get without the location is 404',
    unproven: [8],
    needsGoogle: null,
    check: async (context) => {
      const { jobId, location } = (await finishedLoad(context)).jobReference;
      if (FOUND_WITHOUT_LOCATION.includes(location.toUpperCase()))
        throw new Undecided(`jobs in ${location} are found without a location; try a region`);
      return expectRefused([404], () => context.bigquery.getJob(jobId, {}));
    },
  },
  {
    id: 6,
    title: 'jobs.get with another location is 404',
    unproven: [8],
    needsGoogle: null,
    check: async (context) => {
      const { jobId, location } = (await finishedLoad(context)).jobReference;
      const other = location.toUpperCase() === 'EU' ? 'US' : 'EU';
      return expectRefused([404], () => context.bigquery.getJob(jobId, { location: other }));
    },
  },
  {
    id: 7,
    title: 'A job tells the labels that it was given, so that one that is not ours is recognised',
    unproven: [20],
    needsGoogle: null,
    check: async (context) => {
      const { jobReference } = await finishedLoad(context);
      const { configuration } = await context.bigquery.getJob(jobReference.jobId);
      expectSame(configuration.labels, { attempt: 'a1' }, 'labels');
      return 'attempt=a1';
    },
  },
];
