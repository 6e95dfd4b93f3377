import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Server as NetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Component } from '../../local/component.ts';
import { startRedis } from '../../local/redis/redis.ts';
import { choosePorts } from '../../local/tools/ports.ts';
import { startBoard } from '../../src/board/board.ts';
import { loadingTables } from '../../src/queues/loading-tables.ts';
import { unfinishedRuns } from '../../src/queues/unfinished-runs.ts';
import { createProducerConnection } from '../../src/redis/connection.ts';
import { aliveProcesses, announceProcess } from '../../src/redis/processes.ts';
import { readRedisFacts, tryWriting } from '../../src/redis/redis-facts.ts';
import { startScheduler } from '../../src/scheduler/scheduler.ts';
import { createAuthority } from '../support/certificates.ts';
import { createFakeService, type FakeService } from '../support/fake-service.ts';
import { remoteFailed } from '../support/fakes/staging-engine.ts';
import { ROOT } from '../support/markdown.ts';
import { until } from '../support/wait.ts';

const SOURCE_ID = 'main';
const RUN = 'manual-20260102T030000Z-0001';
const OTHER = 'manual-20260102T040000Z-0002';
let dir: string;
let component: Component;
let admin: Redis;
let tls: NetServer;
let service: FakeService;
let url: string;

/** The rules of docs/security.md, as they stand there. */
function documentedUser(): string[] {
  const page = readFileSync(join(ROOT, 'docs', 'security.md'), 'utf8');
  const [, rules = ''] = /^ACL SETUSER adutora (.+)$/m.exec(page) ?? [];
  return rules.split(' ').filter((rule) => rule !== 'on' && !rule.startsWith('>'));
}

/**
 * A real Redis behind TLS, which the bundled one is built without: another program ends it, as
 * before many a Redis.
 */
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'adutora-acl-'));
  const { redis: port } = await choosePorts('free');
  component = await startRedis({ port, dataDir: dir, logDir: dir, env: {} });
  admin = new Redis(`redis://127.0.0.1:${port}`);
  await admin.call('ACL', 'SETUSER', 'adutora', 'on', '>a password', ...documentedUser());
  const authority = createAuthority('an authority');
  setDefaultCACertificates([...getCACertificates('default'), authority.pem]);
  tls = createServer(authority.issue(['localhost']), (socket) => {
    const inside = connect(port, '127.0.0.1');
    for (const one of [socket, inside]) one.on('error', () => undefined);
    socket.pipe(inside).pipe(socket);
  });
  await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
  const { port: outside } = tls.address() as { port: number };
  url = `rediss://adutora:a%20password@localhost:${outside}`;
  service = createFakeService({ redisUrl: url, sourceId: SOURCE_ID });
});
afterAll(async () => {
  await service?.close();
  admin?.disconnect();
  tls?.close();
  await component?.stop();
  await rm(dir, { recursive: true, force: true });
});

/** What the user was refused, whoever asked and whoever hid it. */
async function denied(): Promise<string[]> {
  const entries = (await admin.call('ACL', 'LOG', '1000')) as unknown[][];
  return entries.map((entry) => entry.map(String).join(' '));
}

describe('a Redis behind TLS, and the user of docs/security.md', () => {
  it('a run, a load that fails and is tried again, and its history', async () => {
    service.start();
    service.engine.failures.push(remoteFailed());
    await service.add(RUN, ['a', 'b']);
    expect(await service.summary(RUN)).toMatchObject({ status: 'succeeded' });
    await until(async () => service.rows.length === 2);
    expect(await denied()).toEqual([]);
  });

  it('cancelling, and what the commands look at', async () => {
    await service.queues.ingest.pause();
    await service.add(OTHER, ['c']);
    await until(async () => (await loadingTables(service.queues, RUN)).length === 1);
    expect(await unfinishedRuns(service.queues)).toHaveLength(1);
    await service.cancellations.request(OTHER);
    await service.queues.ingest.resume();
    await service.summary(OTHER);
    expect(await denied()).toEqual([]);
  });

  it('the board: looking and retrying', async () => {
    const log = { info: () => undefined, warn: () => undefined };
    const { board: port } = await choosePorts('free');
    const board = await startBoard({
      queues: Object.values(service.queues),
      host: '127.0.0.1',
      port,
      title: 'test',
      log,
    });
    for (const path of [
      'api/queues?activeQueue=ingest&status=latest&page=1',
      'api/job-schedulers',
      'api/queues/ingest/workers',
      'api/queues/ingest/metrics',
      'api/queues/ingest/rate-limit',
      `api/queues/ingest/${service.loadName(RUN, 'a')}`,
      `api/queues/ingest/${service.loadName(RUN, 'a')}/logs`,
      `api/queues/ingest/${service.loadName(RUN, 'a')}/flow`,
    ])
      expect([path, (await fetch(board.url + path)).status]).toEqual([path, 200]);
    for (const path of ['retry/failed', 'promote'])
      expect(
        (
          await fetch(`${board.url}api/queues/ingest/${path}`, {
            method: 'PUT',
            headers: { 'sec-fetch-site': 'same-origin' },
          })
        ).status,
      ).toBe(200);
    await board.close();
    expect(await denied()).toEqual([]);
  });

  it('the scheduler, the list of processes, and doctor', async () => {
    const scheduler = await startScheduler({
      queues: service.queues,
      bucket: service.bucket,
      sourceId: SOURCE_ID,
      mysqlHost: 'h',
      mysqlPort: 1,
      schedule: { cron: '0 3 * * *', timeZone: 'UTC' },
      catchUpMs: 1,
      now: () => new Date(),
      log: pino({ level: 'silent' }),
    });
    await service.queues.controller.setGlobalConcurrency(1);
    await scheduler.stop();
    const producer = await createProducerConnection(url);
    const announced = announceProcess(producer, SOURCE_ID, {
      name: 'x:1',
      roles: ['worker'],
      version: '0',
      startedAt: new Date().toISOString(),
      settings: {},
    });
    await until(async () => (await aliveProcesses(producer, SOURCE_ID, Date.now())).length === 1);
    await announced.stop();
    await tryWriting(producer, SOURCE_ID);
    expect(await readRedisFacts(producer)).toMatchObject({ evictionPolicy: 'noeviction' });
    producer.disconnect();
    expect(await denied()).toEqual([]);
  });

  it('may do nothing else: no other key, no other installation, nothing that rules the server', async () => {
    const user = await createProducerConnection(url);
    for (const words of [
      ['SET', 'x', '1'],
      ['GET', 'adutora-other:ingest:meta'],
      ['FLUSHALL'],
      ['FLUSHDB'],
      ['CONFIG', 'GET', '*'],
      ['KEYS', '*'],
      ['ACL', 'LIST'],
      ['SCRIPT', 'FLUSH'],
      ['CLIENT', 'KILL', 'ID', '1'],
      ['SHUTDOWN'],
      ['MONITOR'],
      ['PUBLISH', 'x', 'y'],
    ])
      await expect(user.call(words[0] ?? '', ...words.slice(1))).rejects.toMatchObject({
        code: 'REDIS_REFUSED',
      });
    user.disconnect();
  });
});
