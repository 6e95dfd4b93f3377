import { appRoutes, buildHistoryRoutes } from '@bull-board/api/dist/routes.js';
import { describe, expect, it } from 'vitest';
import { PAGES, READS, refusalOf, WRITES } from '../../../src/board/routes.ts';

interface Route {
  method: string | string[];
  route: string | string[];
}
const everyCapability = { hasUsage: true, canPurge: true, hasLatency: true };
const ROUTES = ([...appRoutes.api, ...buildHistoryRoutes({} as never, everyCapability)] as Route[]).flatMap(
  ({ method, route }) => [method].flat().flatMap((one) => [route].flat().map((path) => [one, path] as const)),
);
const BOARD = { isReadOnly: false, stateOf: async () => 'failed' };
const params = { queueName: 'ingest', jobId: 'x', schedulerId: 's' };

describe("Bull Board's own list of routes", () => {
  it('is known, route by route: a newer version that brings others shows here, and they stay shut', async () => {
    const open: string[] = [];
    for (const [method, route] of ROUTES) {
      for (const state of ['failed', 'delayed']) {
        const board = { ...BOARD, stateOf: async () => state };
        const given = route.includes(':queueStatus') ? { ...params, queueStatus: state } : params;
        if ((await refusalOf({ method, route, params: given }, board)) === null)
          open.push(`${method} ${route}`);
      }
    }
    expect([...new Set(open)].sort()).toEqual([...READS, ...WRITES.keys()].sort());
    expect(new Set(ROUTES.map(([method, route]) => `${method} ${route}`)).size).toBe(38);
  });

  it('has no page that is not known, but that of metrics, which are not kept', () => {
    const pages = [(appRoutes.entryPoint as Route).route].flat();
    expect(pages.filter((page) => !PAGES.includes(page))).toEqual(['/metrics-history']);
  });

  it.each([
    ['put', '/api/queues/:queueName/clean/:queueStatus'],
    ['put', '/api/queues/:queueName/obliterate'],
    ['patch', '/api/queues/:queueName/:jobId/update-data'],
    ['post', '/api/queues/:queueName/add'],
    ['put', '/api/queues/:queueName/concurrency'],
    ['put', '/api/queues/:queueName/job-schedulers/:schedulerId/run'],
    ['put', '/api/queues/:queueName/:jobId/invented'],
    ['post', '/api/queues/:queueName/:jobId/retry'],
    ['get', '/api/queues/:queueName/:jobId/retry'],
    ['get', '/api/redis/stats'],
  ])('is shut at %s %s', async (method, route) => {
    expect(await refusalOf({ method, route, params }, BOARD)).toMatchObject({ status: 405 });
  });
});

describe('what may be done', () => {
  const retry = { method: 'put', route: '/api/queues/:queueName/:jobId/retry', params };
  const retryAll = { method: 'put', route: '/api/queues/:queueName/retry/:queueStatus', params };

  it('is done to loads alone', async () => {
    for (const queueName of ['controller', 'history', 'x', undefined])
      expect(await refusalOf({ ...retry, params: { ...params, queueName } }, BOARD)).toMatchObject({
        status: 405,
      });
  });

  it('is done in one state alone: a load that has succeeded is not repeated', async () => {
    const completed = { ...BOARD, stateOf: async () => 'completed' };
    expect(await refusalOf(retry, completed)).toEqual({
      status: 409,
      message: 'It is completed; retry is for what is failed.',
    });
    const all = { ...retryAll, params: { ...params, queueStatus: 'completed' } };
    expect(await refusalOf(all, BOARD)).toMatchObject({ status: 409 });
    expect(await refusalOf({ ...retryAll, params: { ...params, queueStatus: 'failed' } }, BOARD)).toBeNull();
  });

  it('leaves it to Bull Board to say that there is no such job', async () => {
    expect(await refusalOf(retry, { ...BOARD, stateOf: async () => 'unknown' })).toBeNull();
  });

  it('is nothing on a board that only shows', async () => {
    for (const name of WRITES.keys()) {
      const [method = '', route = ''] = name.split(' ');
      expect(await refusalOf({ method, route, params }, { ...BOARD, isReadOnly: true })).toMatchObject({
        status: 403,
      });
    }
  });
});
