import { appRoutes } from '@bull-board/api/dist/routes.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { choosePorts } from '../../local/tools/ports.ts';
import { type Board, type BoardInput, startBoard } from '../../src/board/board.ts';
import { closeQueues, createQueues, QUEUE_NAMES, type Queues } from '../../src/queues/queues.ts';
import { createProducerConnection } from '../../src/redis/connection.ts';
import { freshName, stackEnv } from '../support/stack-env.ts';
import { until } from '../support/wait.ts';

const USER = 'ana';
const PASSWORD = 'uma senha bem longa';
const LOGIN = { authorization: `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}` };
const OWN_PAGE = { 'sec-fetch-site': 'same-origin' };

type Line = Record<string, unknown>;
let queues: Queues;
let connection: Awaited<ReturnType<typeof createProducerConnection>>;
let port: number;
const lines: Line[] = [];
const log = {
  info: (fields: object, message: string) => void lines.push({ ...fields, level: 'info', message }),
  warn: (fields: object, message: string) => void lines.push({ ...fields, level: 'warn', message }),
};

beforeAll(async () => {
  connection = await createProducerConnection(stackEnv()['REDIS_URL'] ?? '');
  queues = createQueues({ connection, sourceId: freshName(), onError: () => undefined });
});
afterAll(async () => {
  if (queues) await closeQueues(queues);
  connection?.disconnect();
});

/** A board for as long as `work` takes; on a port of its own, since fetch keeps connections. */
async function withBoard<T>(changes: Partial<BoardInput>, work: (board: Board) => Promise<T>): Promise<T> {
  lines.length = 0;
  port = (await choosePorts('free', [])).board;
  const input = { queues: Object.values(queues), host: '127.0.0.1', port, title: 'test', log };
  const board = await startBoard({ ...input, ...changes });
  return work(board).finally(() => board.close());
}
const url = (path: string) => `http://127.0.0.1:${port}${path}`;
const put = (path: string, headers: Record<string, string> = {}) =>
  fetch(url(path), { method: 'PUT', headers: { ...OWN_PAGE, ...headers } });
const failedJob = async (id: string) => {
  await queues.ingest.add('load', { canary: id }, { jobId: id, delay: 86_400_000 });
  await connection.zrem(queues.ingest.toKey('delayed'), id);
  await connection.zadd(queues.ingest.toKey('failed'), 1, id);
  await connection.hset(queues.ingest.toKey(id), 'failedReason', 'x', 'finishedOn', '1');
};

describe('the headers of every answer', () => {
  it.each([
    ['the page', '/', 200],
    ['a page below it', '/queue/ingest', 200],
    ['what it loads', '/static/favicon-32x32.png', 200],
    ['an answer', '/api/queues', 200],
    ['a refusal', '/api/redis/stats', 405],
    ['what is not there', '/nothing/here/at/all', 404],
  ])('%s: no frame, no guess, no trace', async (_, path, status) => {
    const { headers, ...answer } = await withBoard({}, async () => {
      const got = await fetch(url(path));
      await got.arrayBuffer();
      return { headers: got.headers, status: got.status };
    });
    expect(answer.status).toBe(status);
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self';");
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    expect(headers.has('x-powered-by')).toBe(false);
  });
});

describe('a board that others reach', () => {
  it('does not start without a login, at another address or under a name', async () => {
    for (const changes of [{ host: '0.0.0.0' }, { host: '::' }, { names: ['adutora.example.org'] }])
      await expect(withBoard(changes, async () => undefined)).rejects.toThrow(
        'needs BOARD_USER and BOARD_PASSWORD',
      );
  });

  it('shows nothing before the login, not even its files, and the same words for each wrong one', async () => {
    await withBoard({ login: { user: USER, password: PASSWORD } }, async () => {
      const wrong = (user: string, password: string) => ({
        authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
      });
      const answers = new Set<string>();
      for (const path of ['/', '/static/favicon-32x32.png', '/api/queues', '/nothing'])
        for (const headers of [{}, wrong('ana', 'x'), wrong('x', PASSWORD)]) {
          const answer = await fetch(url(path), { headers });
          answers.add(`${answer.status} ${answer.headers.get('www-authenticate')} ${await answer.text()}`);
        }
      expect([...answers]).toEqual(['401 Basic realm="Adutora", charset="UTF-8" {"error":"Log in."}']);
      expect((await fetch(url('/api/queues'), { headers: LOGIN })).status).toBe(200);
      expect(lines.filter(({ message }) => message === 'board: a wrong login')).toHaveLength(8);
      expect(JSON.stringify(lines)).not.toContain(PASSWORD);
    });
  });

  it('stops answering an address that guesses, also when it guesses right', async () => {
    await withBoard({ login: { user: USER, password: PASSWORD } }, async () => {
      for (let i = 0; i < 10; i++) await fetch(url('/'), { headers: { authorization: 'Basic x' } });
      const answer = await fetch(url('/'), { headers: LOGIN });
      expect([answer.status, Number(answer.headers.get('retry-after')) > 0]).toEqual([429, true]);
    });
  });
});

describe('the routes of Bull Board', () => {
  const everyWrite = appRoutes.api
    .flatMap(({ method, route }) =>
      [method].flat().flatMap((one) => [route].flat().map((path) => [one, path])),
    )
    .filter(([method]) => method !== 'get') as [string, string][];
  const concrete = (route: string, queue: string) =>
    route
      .replace(':queueName', queue)
      .replace(':jobId', 'shape')
      .replace(':queueStatus', 'failed')
      .replace(':schedulerId', 's');
  const state = async () =>
    JSON.stringify(
      await Promise.all(
        QUEUE_NAMES.map(async (name) => [
          await queues[name].getJobCounts(),
          await queues[name].isPaused(),
          await queues[name].getGlobalConcurrency(),
          (await queues[name].getJob('shape'))?.data,
        ]),
      ),
    );

  it('change nothing in the other queues, and in ingest by retry and promote alone', async () => {
    await failedJob('shape');
    const before = await state();
    await withBoard({}, async () => {
      for (const [method, route] of everyWrite)
        for (const queue of QUEUE_NAMES) {
          if (queue === 'ingest' && /\/(retry|promote)(\/:queueStatus)?$/.test(route)) continue;
          const answer = await fetch(url(concrete(route, queue)), {
            method: method.toUpperCase(),
            headers: { ...OWN_PAGE, 'content-type': 'application/json' },
            body: '{"name":"x","data":{},"jobData":{},"concurrency":9,"force":true}',
          });
          expect([method, route, queue, answer.status]).toEqual([method, route, queue, 405]);
        }
    });
    expect(await state()).toBe(before);
  });

  it('are told apart by what they are, not by the shape of the path: clean/retry removes nothing', async () => {
    await failedJob('left');
    await withBoard({}, async () => {
      for (const path of ['clean/retry', 'clean/promote', 'clean/failed'])
        expect((await put(`/api/queues/ingest/${path}`)).status).toBe(405);
    });
    expect(await queues.ingest.getJobState('left')).toBe('failed');
  });

  it('retry what has failed, and nothing that has succeeded', async () => {
    await failedJob('again');
    await failedJob('done');
    await connection.zrem(queues.ingest.toKey('failed'), 'done');
    await connection.zadd(queues.ingest.toKey('completed'), 1, 'done');
    await withBoard({}, async () => {
      expect((await put('/api/queues/ingest/done/retry')).status).toBe(409);
      expect((await put('/api/queues/ingest/retry/completed')).status).toBe(409);
      expect((await put('/api/queues/ingest/nobody/retry')).status).toBe(404);
      expect((await put('/api/queues/ingest/again/retry')).status).toBe(204);
    });
    expect(await queues.ingest.getJobState('done')).toBe('completed');
    expect(await queues.ingest.getJobState('again')).toBe('waiting');
  });

  it('change nothing where the board only shows', async () => {
    await failedJob('shown');
    await withBoard({ isReadOnly: true }, async () => {
      for (const path of ['shown/retry', 'retry/failed', 'shown/promote', 'promote'])
        expect([403, 405]).toContain((await put(`/api/queues/ingest/${path}`)).status);
      expect((await fetch(url('/api/queues'))).status).toBe(200);
    });
    expect(await queues.ingest.getJobState('shown')).toBe('failed');
  });
});

describe('the audit log', () => {
  it('has one line for each action, done or refused: who, what, on which job, from where', async () => {
    await failedJob('told');
    await withBoard({ login: { user: USER, password: PASSWORD } }, async () => {
      await put('/api/queues/ingest/told/retry', { ...LOGIN, 'x-forwarded-for': '203.0.113.9' });
      await put('/api/queues/ingest/told/clean', LOGIN);
      await put('/api/queues/ingest/told/retry');
      await put('/api/queues/ingest/told/retry', { ...LOGIN, 'sec-fetch-site': 'cross-site' });
      await fetch(url('/api/queues'), { headers: LOGIN });
      await until(async () => lines.length >= 4);
      const line = { audit: true, user: USER, from: '127.0.0.1', queue: 'ingest', job: 'told' };
      expect(lines).toEqual([
        {
          ...line,
          action: 'retry',
          status: 204,
          forwardedFor: '203.0.113.9',
          level: 'info',
          message: 'board: done',
        },
        {
          ...line,
          action: 'put /api/queues/:queueName/:jobId/clean',
          status: 405,
          level: 'warn',
          message: 'board: not done',
        },
        ...[401, 403].map((status) => ({
          ...line,
          user: null,
          queue: null,
          job: null,
          action: 'PUT /api/queues/ingest/told/retry',
          status,
          level: 'warn',
          message: 'board: not done',
        })),
      ]);
    });
  });
});
