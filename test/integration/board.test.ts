import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { choosePorts } from '../../local/tools/ports.ts';
import { type Board, startBoard } from '../../src/board/board.ts';
import { createFakeService, type FakeService } from '../support/fake-service.ts';
import { remoteFailed } from '../support/fakes/staging-engine.ts';
import { freshName, stackEnv } from '../support/stack-env.ts';
import { until } from '../support/wait.ts';

let service: FakeService;
let board: Board;
let port: number;
const RUN = 'manual-20260102T030000Z-0001';

beforeAll(async () => {
  service = createFakeService({ redisUrl: stackEnv()['REDIS_URL'] ?? '', sourceId: freshName() });
  port = (await choosePorts('free', [])).board;
  board = await startBoard({
    queues: Object.values(service.queues),
    host: '127.0.0.1',
    port,
    title: 'Adutora · test',
    log: { info: () => undefined, warn: () => undefined },
  });
});
afterAll(async () => {
  await board?.close();
  await service?.close();
});

const call = (path: string, init: RequestInit = {}) => fetch(new URL(path, board.url), init);
const write = (path: string, headers: Record<string, string> = {}) =>
  call(path, { method: 'PUT', headers: { 'sec-fetch-site': 'same-origin', ...headers } });

describe('the board', () => {
  it('shows its page and every queue', async () => {
    expect(await (await call('/')).text()).toContain('Adutora · test');
    const { queues } = (await (await call('/api/queues')).json()) as { queues: { name: string }[] };
    expect(queues.map(({ name }) => name).sort()).toEqual(['controller', 'history', 'ingest']);
  });

  it('retries a failed load from its page; the row becomes what it then is', async () => {
    service.start();
    service.engine.failures.push(remoteFailed(), remoteFailed());
    await service.add(RUN, ['a']);
    expect(await service.summary(RUN)).toMatchObject({ status: 'failed' });
    const answer = await write(`/api/queues/ingest/${service.loadName(RUN, 'a')}/retry/failed`);
    expect(answer.status).toBe(405);
    const retried = await write(`/api/queues/ingest/${service.loadName(RUN, 'a')}/retry`);
    expect(retried.status).toBeLessThan(300);
    await until(async () => service.rows.some(({ status }) => status === 'loaded'));
  });

  it('shows a job that cannot be read beside the others', async () => {
    const { ingest } = service.queues;
    const spoilt = service.loadName(RUN, 'a');
    await service.connection.hset(ingest.toKey(spoilt), 'data', 'not json', 'opts', 'not json');
    const answer = await call('/api/queues?activeQueue=ingest&status=latest&page=1');
    expect(answer.status).toBe(200);
    const { queues } = (await answer.json()) as {
      queues: { name: string; jobs: { id: string; data: object }[] }[];
    };
    expect(queues.find(({ name }) => name === 'ingest')?.jobs).toMatchObject([
      { id: spoilt, data: { unreadable: ['data', 'options'] } },
    ]);
    expect((await call(`/api/queues/ingest/${spoilt}`)).status).toBe(200);
  });

  it.each([
    ['retrying a run', `/api/queues/controller/${RUN}/retry`],
    ['removing a job', `/api/queues/ingest/${RUN}/clean`],
    ['pausing a queue', '/api/queues/ingest/pause'],
    ['emptying a queue', '/api/queues/ingest/empty'],
    ['obliterating a queue', '/api/queues/ingest/obliterate'],
    ['adding a job', '/api/queues/ingest/add'],
  ])('does not allow %s', async (_, path) => {
    expect((await write(path)).status).toBe(405);
    expect((await call(path, { method: 'POST', headers: { 'sec-fetch-site': 'same-origin' } })).status).toBe(
      405,
    );
  });

  it.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another port', { 'sec-fetch-site': 'same-site' }],
    ['a foreign origin', { 'sec-fetch-site': undefined, origin: 'https://evil.example' }],
    ['a null origin', { 'sec-fetch-site': undefined, origin: 'null' }],
    ['nobody knows where', { 'sec-fetch-site': undefined }],
  ])('changes nothing for %s', async (_, headers) => {
    const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
    const answer = await call('/api/queues/ingest/x/retry', { method: 'PUT', headers: given as never });
    expect(answer.status).toBe(403);
  });

  it.each<[number, string, Record<string, string>]>([
    [403, 'a page of another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }],
    [
      403,
      'what such a page loads or frames',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
    ],
    [
      403,
      'a frame of another site',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    ],
    [403, 'another port of this machine', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }],
    [403, 'a foreign origin', { origin: 'https://evil.example' }],
    [403, 'a null origin', { origin: 'null' }],
    [
      200,
      'a link on another site',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    ],
    [200, 'an address that was typed', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }],
    [200, 'its own page', { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }],
    [200, 'a client', {}],
  ])('answers a reading call with %i to %s', async (status, _, headers) => {
    const { request } = await import('node:http');
    const answered = await new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port, path: '/api/queues', headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(answered).toBe(status);
  });

  it('answers to loopback names only', async () => {
    const { request } = await import('node:http');
    const statusFor = (host: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        request({ host: '127.0.0.1', port, path: '/', headers: { host } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on('error', reject)
          .end();
      });
    expect(await statusFor(`localhost:${port}`)).toBe(200);
    expect(await statusFor('rebound.example')).toBe(403);
  });

  it('says which port is taken', async () => {
    const log = { info: () => undefined, warn: () => undefined };
    await expect(startBoard({ queues: [], host: '127.0.0.1', port, title: '', log })).rejects.toThrow(
      `Port ${port} on 127.0.0.1 is taken`,
    );
  });
});
