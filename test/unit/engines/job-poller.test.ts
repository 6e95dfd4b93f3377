import { beforeEach, describe, expect, it } from 'vitest';
import { createJobPoller } from '../../../src/engines/dataproc/job-poller.ts';
import { createMemoryRemoteJobs, type MemoryRemoteJobs } from '../../support/fakes/memory-remote-jobs.ts';

const IDS = ['j1', 'j2', 'j3', 'j4', 'j5'];
let nowMs: number;
let remoteJobs: MemoryRemoteJobs;
let gets: string[];
let lists: number;

beforeEach(async () => {
  nowMs = 0;
  gets = [];
  lists = 0;
  remoteJobs = createMemoryRemoteJobs(() => new Date(nowMs));
  const { get, list } = remoteJobs;
  remoteJobs.get = async (id) => {
    gets.push(id);
    return get(id);
  };
  remoteJobs.list = async (labels, which) => {
    lists += 1;
    return list(labels, which);
  };
  for (const id of IDS) await remoteJobs.submit(request(id, 'main'));
  await remoteJobs.submit(request('other', 'another'));
});

function request(id: string, installation: string) {
  const labels = { installation };
  return {
    id,
    requestId: id,
    labels,
    mainUri: '',
    moduleUris: [],
    jarUris: [],
    args: ['sleep'],
    properties: {},
  };
}

/** A poller that so many wait with. */
function open(waiting: number) {
  const poller = createJobPoller({ remoteJobs, sourceId: 'main', now: () => new Date(nowMs) });
  const watches = Array.from({ length: waiting }, () => poller.begin());
  return { poller, watches };
}

describe('polling', () => {
  it('asks for each job while few are waited for', async () => {
    const { poller } = open(3);
    for (const id of IDS.slice(0, 3)) expect(await poller.get(id)).toMatchObject({ id, state: 'running' });
    expect([gets.length, lists]).toEqual([3, 0]);
  });

  it('asks once for all when many are, until the list is two seconds old', async () => {
    const { poller } = open(5);
    for (let round = 1; round <= 3; round += 1) {
      const found = await Promise.all(IDS.map((id) => poller.get(id)));
      expect(found.map((job) => job?.id)).toEqual(IDS);
      expect([gets.length, lists]).toEqual([0, round]);
      nowMs += 2_000;
    }
  });

  it('asks by name for what is not on the list: it has ended, is gone, or was just submitted', async () => {
    const { poller } = open(5);
    await poller.get('j1');
    await remoteJobs.submit(request('new', 'main'));
    await remoteJobs.cancel('j2');
    remoteJobs.jobs.delete('j3');
    nowMs += 2_000;
    expect(await poller.get('j2')).toMatchObject({ state: 'cancelled' });
    expect(await poller.get('j3')).toBeNull();
    expect(await poller.get('new')).toMatchObject({ state: 'running' });
    expect(gets).toEqual(['j2', 'j3']);
  });

  it('goes back to single questions when most have ended', async () => {
    const { poller, watches } = open(5);
    for (const one of watches.slice(0, 2)) {
      one.stop();
      one.stop();
    }
    await poller.get('j1');
    expect([gets.length, lists]).toEqual([1, 0]);
  });

  it('does not remember a list that failed', async () => {
    const { poller } = open(5);
    const { list } = remoteJobs;
    remoteJobs.list = async () => {
      throw new Error('503');
    };
    await expect(poller.get('j1')).rejects.toThrow('503');
    remoteJobs.list = list;
    expect(await poller.get('j1')).toMatchObject({ id: 'j1' });
  });
});
