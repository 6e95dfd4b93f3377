import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Component } from '../../local/component.ts';
import { startRedis } from '../../local/redis/redis.ts';
import { choosePorts } from '../../local/tools/ports.ts';
import type { CommandContext } from '../../src/commands/command.ts';
import { isWorkerAlive } from '../../src/commands/workers-alive.ts';
import { judgeRedis } from '../../src/pipeline/doctor/machine.ts';
import { addHistoryRows, closeQueues, createQueues } from '../../src/queues/queues.ts';
import { unfinishedRuns } from '../../src/queues/unfinished-runs.ts';
import { createProducerConnection, createWorkerConnection } from '../../src/redis/connection.ts';
import { aliveProcesses, announceProcess } from '../../src/redis/processes.ts';
import { readRedisFacts, tryWriting } from '../../src/redis/redis-facts.ts';
import { startProcess } from '../support/processes.ts';
import { historyRow } from '../support/samples.ts';
import { freshInstallation, freshName } from '../support/stack-env.ts';
import { until } from '../support/wait.ts';

interface Server {
  component: Component;
  url: string;
  port: number;
  dataDir: string;
  admin: Redis;
}
const servers: Server[] = [];

async function start(): Promise<Server> {
  const dataDir = await mkdtemp(join(tmpdir(), 'adutora-redis-'));
  const { redis: port } = await choosePorts('free');
  const component = await startRedis({ port, dataDir, logDir: dataDir, env: {} });
  const url = `redis://127.0.0.1:${port}`;
  const server = { component, url, port, dataDir, admin: new Redis(url) };
  servers.push(server);
  return server;
}

let server: Server;
const config = (name: string, value: string) => server.admin.config('SET', name, value);
const acl = (user: string, ...rules: string[]) =>
  server.admin.call('ACL', 'SETUSER', user, 'on', '>pw', '~*', '&*', '+@all', ...rules);
const as = (user: string) => server.url.replace('//', `//${user}:pw@`);

beforeAll(async () => {
  server = await start();
});
afterAll(async () => {
  for (const { admin, component, dataDir } of servers) {
    admin.disconnect();
    await component.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
});

/** How to bring a server into a state, and how to end it. */
interface State {
  begin(): Promise<unknown>;
  end(): Promise<unknown>;
}
const setting = (name: string, value: string, before: string): State => ({
  begin: () => config(name, value),
  end: () => config(name, before),
});
const replica: State = {
  begin: () => server.admin.call('REPLICAOF', '127.0.0.1', '1'),
  end: () => server.admin.call('REPLICAOF', 'NO', 'ONE'),
};
const full = setting('maxmemory', '1mb', '0');
describe('a Redis that answers and refuses', () => {
  const REFUSING: readonly [what: string, state: State, code: string, words: RegExp][] = [
    ['is a replica', replica, 'REDIS_READ_ONLY', /READONLY/],
    ['is full', full, 'REDIS_FULL', /OOM/],
    ['lacks its replicas', setting('min-replicas-to-write', '1', '0'), 'REDIS_NOT_READY', /NOREPLICAS/],
  ];

  it.each(REFUSING)('%s: enqueueing, many jobs at once, and doctor say so', async (_, state, code, words) => {
    const connection = await createProducerConnection(server.url);
    const sourceId = freshName();
    const queues = createQueues({ connection, sourceId, onError: () => undefined });
    onTestFinished(async () => {
      await closeQueues(queues);
      connection.disconnect();
    });
    await queues.controller.waitUntilReady();
    await state.begin();
    onTestFinished(async () => void (await state.end()));
    const refusal = expect.objectContaining({ code, message: expect.stringMatching(words) });
    await expect(queues.controller.add('run', {})).rejects.toEqual(refusal);
    await expect(addHistoryRows(queues, [historyRow(), historyRow()])).rejects.toEqual(refusal);
    await expect(tryWriting(connection, sourceId)).rejects.toEqual(refusal);
    expect(await unfinishedRuns(queues)).toEqual([]);
    expect(await aliveProcesses(connection, sourceId, Date.now())).toEqual([]);
  });

  it.each([
    ['is a replica', replica, 'redis.role'],
    ['is full', full, 'redis.memory'],
  ])('%s: doctor sees it in what it says of itself', async (_, state, check) => {
    const failed = async () =>
      judgeRedis(await readRedisFacts(server.admin), new Date()).filter(({ status }) => status === 'fail');
    expect(await failed()).toEqual([]);
    await state.begin();
    onTestFinished(async () => void (await state.end()));
    expect(await failed()).toMatchObject([{ check }]);
  });

  it.each([
    ['INFO', 'noinfo', ['-info']],
    ['scripts', 'noscript', ['-eval', '-evalsha']],
    ['writing', 'nowrite', ['-@write']],
  ])('without the right to %s the message names the right', async (_, user, rules) => {
    await acl(user, ...rules);
    const trying = async () => {
      const connection = await createProducerConnection(as(user));
      await tryWriting(connection, freshName()).finally(() => connection.disconnect());
    };
    await expect(trying()).rejects.toEqual(
      expect.objectContaining({
        code: 'REDIS_REFUSED',
        message: expect.stringContaining('no permissions to run'),
      }),
    );
  });

  it('cannot write to disk: jobs are refused by the word for it, and doctor sees it', async () => {
    const { admin, url, dataDir } = await start();
    await admin.config('SET', 'appendonly', 'no');
    await admin.config('SET', 'save', '3600 1');
    await rm(join(dataDir, 'redis'), { recursive: true });
    await admin.bgsave();
    await until(async () => (await admin.info('persistence')).includes('rdb_last_bgsave_status:err'));
    const connection = await createProducerConnection(url);
    onTestFinished(() => connection.disconnect());
    await expect(tryWriting(connection, 's')).rejects.toMatchObject({
      code: 'REDIS_NOT_WRITING',
      message: expect.stringContaining('MISCONF'),
    });
    const failed = judgeRedis(await readRedisFacts(connection), new Date()).filter(
      ({ status }) => status === 'fail',
    );
    expect(failed).toMatchObject([{ check: 'redis.persistence' }]);
    // Else it would not end before it has written.
    await admin.config('SET', 'save', '');
  });

  it('loads its data: that is said at once, not waited for', async () => {
    const loading = await start();
    const values = Array.from({ length: 200 }, (_, at) => [`k${at}`, randomBytes(4_096).toString('hex')]);
    await server.admin.mset(...values.flat());
    await loading.admin.config('SET', 'key-load-delay', '100000');
    await loading.admin.config('SET', 'loading-process-events-interval-bytes', '1024');
    await loading.admin.call('REPLICAOF', '127.0.0.1', String(server.port));
    await until(async () => (await loading.admin.info('persistence')).includes('loading:1'));
    const connecting = createProducerConnection(loading.url).then((connection) => connection.disconnect());
    await expect(connecting).rejects.toMatchObject({ code: 'REDIS_NOT_READY' });
    await loading.admin.config('SET', 'key-load-delay', '0');
    await until(async () => (await loading.admin.info('persistence')).includes('loading:0'));
    await server.admin.flushall();
  });

  it('a command and a service end with 3, one line, and no trace of the program', async () => {
    const env = { ...freshInstallation(['nowhere']), REDIS_URL: server.url };
    await replica.begin();
    onTestFinished(async () => void (await replica.end()));
    const [command, service] = await Promise.all([
      startProcess('cli', ['run'], env).ended,
      startProcess('main', ['--roles', 'worker'], env).ended,
    ]);
    for (const { code, stderr } of [command, service]) {
      expect([code, stderr]).toEqual([3, expect.stringContaining('REDIS_READ_ONLY')]);
      expect(stderr).toMatch(
        /^REDIS_READ_ONLY: Redis at 127\.0\.0\.1:\d+: READONLY .* \(Let REDIS_URL name the primary/m,
      );
      expect(stderr).not.toMatch(/^\s+at /m);
    }
  });

  it('a user who may not ask for clients can do everything else, and is told whether a worker is alive', async () => {
    await acl('semclient', '-client|list', '-config');
    const connection = await createProducerConnection(as('semclient'));
    const sourceId = freshName();
    const queues = createQueues({ connection, sourceId, onError: () => undefined });
    onTestFinished(async () => {
      await closeQueues(queues);
      connection.disconnect();
    });
    await queues.controller.add('run', {});
    expect(await unfinishedRuns(queues)).toEqual([]);
    await expect(queues.controller.getWorkersCount()).rejects.toMatchObject({ code: 'REDIS_REFUSED' });
    const machine = async () => ({
      processes: { alive: await aliveProcesses(connection, sourceId, Date.now()) },
    });
    const context = { queues: async () => queues, machine } as unknown as CommandContext;
    expect(await isWorkerAlive('controller', context)).toBe(false);
    const record = { name: 'a:1', roles: ['worker'], version: '1', startedAt: '', settings: {} };
    const announced = announceProcess(connection, sourceId, record);
    await until(() => isWorkerAlive('controller', context));
    await announced.stop();
  });
});

describe('a connection of a worker', () => {
  it('leaves a server that has become a replica for the one to which the name leads now', async () => {
    const next = await start();
    let target = server.port;
    const proxy = createServer((socket) => {
      const beyond = connect(target, '127.0.0.1');
      socket.pipe(beyond).pipe(socket);
      for (const one of [socket, beyond]) one.on('error', () => [socket, beyond].map((end) => end.destroy()));
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const { port } = proxy.address() as AddressInfo;
    const connection = createWorkerConnection(`redis://127.0.0.1:${port}`, { onError: () => undefined });
    onTestFinished(async () => {
      connection.disconnect();
      proxy.close();
      await replica.end();
    });
    await connection.set('where', 'before');
    await replica.begin();
    target = next.port;
    await until(async () => (await connection.set('where', 'after').catch(() => null)) === 'OK');
    expect(await next.admin.get('where')).toBe('after');
    expect(await server.admin.get('where')).toBe('before');
  });
});
