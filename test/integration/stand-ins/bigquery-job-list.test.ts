import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Job, type OwnBigQuery, openBigQuery } from '../../support/bigquery-stand-in.ts';
import { freshName } from '../../support/stack-env.ts';
import { pause } from '../../support/wait.ts';

interface JobList {
  jobs: (Job & { state: string; errorResult?: { reason: string } })[];
  nextPageToken?: string;
}

let own: OwnBigQuery;
/** Newest first, as they are listed; the last one failed. */
const ids = [freshName(), freshName(), freshName()];

beforeAll(async () => {
  own = await openBigQuery();
  for (const [index, jobId] of ids.toReversed().entries()) {
    const uri = await own.put(index === 0 ? 'x,"a"\n' : '1,"a"\n');
    await own.insertLoad('t', [uri], {}, { jobId, labels: { number: String(index) } });
    await own.ended(jobId);
    await pause(2);
  }
});
afterAll(() => own?.close());

const list = (parameters: string) => own.rest<JobList>('GET', `/jobs?${parameters}`);
const idsOf = ({ jobs }: JobList) => jobs.map(({ jobReference }) => jobReference.jobId);

describe('jobs.list of the BigQuery stand-in', () => {
  it('gives jobs newest first, with their labels in the full projection only', async () => {
    const full = await list('projection=full&allUsers=true');
    expect(idsOf(full)).toEqual(ids);
    expect(full.jobs[0]?.configuration?.labels).toEqual({ number: '2' });
    expect(full.jobs.map(({ state, errorResult }) => [state, errorResult?.reason])).toEqual([
      ['DONE', undefined],
      ['DONE', undefined],
      ['DONE', 'invalid'],
    ]);
    expect((await list('')).jobs[0]).not.toHaveProperty('configuration');
  });

  it('filters by state', async () => {
    expect(idsOf(await list('stateFilter=done'))).toEqual(ids);
    expect(idsOf(await list('stateFilter=running'))).toEqual([]);
    await expect(list('stateFilter=ended')).rejects.toMatchObject({ code: 400 });
  });

  it('filters by the time of creation, both ends included', async () => {
    const { jobs } = await list('');
    const middle = jobs[1]?.statistics.creationTime;
    expect(idsOf(await list(`minCreationTime=${middle}`))).toEqual(ids.slice(0, 2));
    expect(idsOf(await list(`maxCreationTime=${middle}`))).toEqual(ids.slice(1));
  });

  it('goes through pages, and jobs that come meanwhile do not shift them', async () => {
    const first = await list('maxResults=2');
    const late = freshName();
    await own.insertLoad('t', [await own.put('1,"a"\n')], {}, { jobId: late });
    await own.ended(late);
    const second = await list(`maxResults=2&pageToken=${first.nextPageToken}`);
    expect([...idsOf(first), ...idsOf(second)]).toEqual(ids);
    expect(second.nextPageToken).toBeUndefined();
    const [jobs] = await own.client.getJobs();
    expect(jobs.map(({ id }) => id)).toEqual([late, ...ids]);
  });

  it.each([
    ['a parameter it does not know', 'parentJobId=x', 501],
    ['another projection', 'projection=some', 400],
    ['a page token that it never gave', 'pageToken=none', 400],
  ])('refuses %s', async (_, parameters, code) => {
    await expect(list(parameters)).rejects.toMatchObject({ code });
  });
});
