import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BigQuery } from '@google-cloud/bigquery';
import { v1 } from '@google-cloud/dataproc';
import { Storage } from '@google-cloud/storage';
import { credentials } from '@grpc/grpc-js';
import { Redis } from 'ioredis';
import mysql, { type RowDataPacket } from 'mysql2/promise';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startRedis } from '../../../local/redis/redis.ts';
import { ensureSample } from '../../../local/sample/ensure-sample.ts';
import { installAll } from '../../../local/stack/install-all.ts';
import { type Stack, type StackInput, startStack } from '../../../local/stack/start-stack.ts';
import { choosePorts, onFreePorts } from '../../../local/tools/ports.ts';
import { until } from '../../support/wait.ts';

const START_STACK = join(import.meta.dirname, '..', '..', '..', 'local', 'stack', 'start-stack.ts');

const installed = await installAll(() => undefined);
let parent: string;
let dataDir: string;
const started: Stack[] = [];

beforeEach(async () => {
  vi.stubEnv('METADATA_SERVER_DETECTION', 'none');
  parent = await mkdtemp(join(tmpdir(), 'adutora-stack-'));
  dataDir = join(parent, 'data');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const stack of started.splice(0)) await stack.stop();
  await rm(parent, { recursive: true, force: true });
});

async function start(input: Partial<StackInput> = {}): Promise<Stack> {
  const stack = await startStack({ installed, dataDir, ports: 'free', ...input });
  started.push(stack);
  return stack;
}

async function stop(stack: Stack): Promise<void> {
  started.splice(started.indexOf(stack), 1);
  await stack.stop();
}

describe('a private stack', () => {
  it('answers the official clients, and finds its data again after a restart', async () => {
    const first = await start();
    await writeEverywhere(first.env);
    await stop(first);
    const second = await start();
    expect(await readEverywhere(second.env)).toEqual({
      redis: 'noeviction kept',
      mysql: 'kept',
      gcs: 'kept',
      bigquery: true,
      dataproc: 'RUNNING',
    });
  });

  it('gives the reader SELECT and PROCESS, TLS where asked, and no right to write', async () => {
    const { env } = await start({ parts: ['mysql'] });
    const reader = await connect(env, 'reader', { ssl: { rejectUnauthorized: false } });
    const [cipher] = await reader.query<RowDataPacket[]>("SHOW STATUS LIKE 'Ssl_cipher'");
    const [transactions] = await reader.query('SELECT COUNT(*) FROM information_schema.innodb_trx');
    await expect(reader.query('CREATE DATABASE written')).rejects.toMatchObject({
      code: 'ER_DBACCESS_DENIED_ERROR',
    });
    await reader.end();
    expect(cipher[0]?.['Value']).toMatch(/TLS/);
    expect(transactions).toHaveLength(1);
  });

  it('has a sample university that commands find, and keeps what people made of it', async () => {
    const lines: string[] = [];
    const { env } = await start({ parts: ['mysql'] });
    expect(await ensureSample(env, (line) => lines.push(line))).toBe(true);
    expect(lines).toEqual(["Making a sample university in MySQL's schema slmandic …"]);
    const admin = await connect(env, 'admin');
    await admin.query('DROP TABLE slmandic.alunos');
    expect(await ensureSample(env, (line) => lines.push(line))).toBe(false);
    const [tables] = await admin.query('SHOW TABLES FROM slmandic');
    await admin.end();
    expect(tables).toHaveLength(11);
  });

  it('hands the password of a database of one’s own to its jobs', async () => {
    const stack = await start({ parts: ['gcs', 'dataproc'], env: { MYSQL_PASSWORD: 'of my own' } });
    const { pid } = stack.components.find(({ name }) => name === 'dataproc') ?? {};
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    expect(environment).toContain('MYSQL_PASSWORD=of my own');
  });

  it('starts empty when asked to', async () => {
    const first = await start({ parts: ['redis'] });
    await withRedis(first.env, (redis) => redis.set('key', 'old'));
    await stop(first);
    const second = await start({ parts: ['redis'], isFresh: true });
    expect(await withRedis(second.env, (redis) => redis.get('key'))).toBeNull();
  });

  it('tells which part has ended, and leaves no process when it is stopped', async () => {
    const stack = await start({ parts: ['redis', 'gcs'] });
    const [redis, gcs] = stack.components;
    process.kill(redis?.pid ?? 0, 'SIGKILL');
    expect(await stack.died).toMatch(/^redis ended \(SIGKILL\)\n.*Ready to accept connections/s);
    await stop(stack);
    expect(isAlive(gcs?.pid ?? 0)).toBe(false);
  });

  it('ends what a killed stack has left before it starts again', async () => {
    const pids = await startAndKill({ installed, dataDir, ports: 'free' });
    expect(pids.filter(isAlive)).toEqual(pids);
    await start({ parts: ['mysql'] });
    // They have ended, but their entries stay until the machine's first process has looked.
    await until(async () => !pids.some(isAlive));
  });
});

describe('free ports', () => {
  it('are chosen anew where somebody has taken one before its server was there', async () => {
    const somebody = createServer().listen(0, '127.0.0.1');
    await once(somebody, 'listening');
    const { port: taken } = somebody.address() as { port: number };
    const chosen: number[] = [];
    const choose = async () => {
      const ports = await choosePorts('free');
      return chosen.length === 0 ? { ...ports, redis: taken } : ports;
    };
    const redis = await onFreePorts(({ redis: port }) => {
      chosen.push(port);
      return startRedis({ port, dataDir: parent, logDir: parent, env: {} });
    }, choose);
    await redis.stop();
    somebody.close();
    expect(chosen).toHaveLength(2);
    expect(chosen[1]).not.toBe(taken);
  });
});

describe('a stack that cannot start', () => {
  it('names a busy port, the variable that changes it, and exits with 3', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    vi.stubEnv('STACK_PORT_REDIS', String(port));
    try {
      await expect(start({ ports: 'default', parts: ['redis'] })).rejects.toMatchObject({
        message: `Port ${port} for redis is taken.`,
        hint: expect.stringContaining('STACK_PORT_REDIS=NUMBER npm run stack'),
        exitCode: 3,
      });
    } finally {
      server.close();
    }
    expect(existsSync(`${dataDir}.lock`)).toBe(false);
  });

  it.each(['0', '70000', 'high', '1.5'])('refuses STACK_PORT_GCS=%s as no port', async (text) => {
    vi.stubEnv('STACK_PORT_GCS', text);
    const refused = start({ ports: 'default', parts: ['gcs'] });
    await expect(refused).rejects.toMatchObject({ message: `STACK_PORT_GCS is ${text}.`, exitCode: 2 });
  });

  it('refuses a data folder that a running stack has, with 2', async () => {
    await start({ parts: ['redis'] });
    await expect(start({ parts: ['redis'] })).rejects.toMatchObject({
      message: `The stack is already running, as process ${process.pid}.`,
      exitCode: 2,
    });
  });
});

/** Starts a stack in a process of its own and kills that outright. Returns the ids of its parts. */
async function startAndKill(input: StackInput): Promise<number[]> {
  const script = `
    const { startStack } = await import(${JSON.stringify(START_STACK)});
    const { components } = await startStack(${JSON.stringify(input)});
    console.log(components.map(({ pid }) => pid).join(' '));`;
  const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(owner.stdout, 'data')) as [Buffer];
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  return line.toString().trim().split(' ').map(Number);
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

async function writeEverywhere(env: Record<string, string>): Promise<void> {
  await withRedis(env, (redis) => redis.set('key', 'kept'));
  const admin = await connect(env, 'admin');
  await admin.query("CREATE DATABASE d; CREATE TABLE d.t (c TEXT); INSERT INTO d.t VALUES ('kept')");
  await admin.end();
  await bucket(env).file('object').save('kept');
  await bigquery(env).createDataset('kept');
}

async function readEverywhere(env: Record<string, string>) {
  const reader = await connect(env, 'reader');
  const [rows] = await reader.query<RowDataPacket[]>('SELECT c FROM d.t');
  await reader.end();
  const redis = (client: Redis) =>
    client.config('GET', 'maxmemory-policy').then(async (found) => {
      const [, policy] = found as string[];
      return `${policy} ${await client.get('key')}`;
    });
  return {
    redis: await withRedis(env, redis),
    mysql: rows[0]?.['c'],
    gcs: String((await bucket(env).file('object').download())[0]),
    bigquery: (await bigquery(env).dataset('kept').exists())[0],
    dataproc: await clusterState(env),
  };
}

async function withRedis<T>(env: Record<string, string>, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(env['REDIS_URL'] ?? '');
  return use(redis).finally(() => redis.disconnect());
}

function connect(env: Record<string, string>, user: 'admin' | 'reader', options = {}) {
  const [name, password] =
    user === 'admin'
      ? [env['STACK_MYSQL_ADMIN_USER'], env['STACK_MYSQL_ADMIN_PASSWORD']]
      : [env['MYSQL_USER'], env['MYSQL_PASSWORD']];
  const port = Number(env['MYSQL_PORT']);
  const login = { user: name ?? '', password: password ?? '', multipleStatements: true };
  return mysql.createConnection({ host: '127.0.0.1', port, ...login, ...options });
}

function bucket(env: Record<string, string>) {
  const apiEndpoint = `http://${env['GCS_API_ENDPOINT']}`;
  const storage = new Storage({ projectId: 'p', apiEndpoint, useAuthWithCustomEndpoint: false });
  return storage.bucket(env['GCS_BUCKET'] ?? '');
}

function bigquery(env: Record<string, string>) {
  return new BigQuery({
    projectId: env['GOOGLE_CLOUD_PROJECT'] ?? '',
    location: env['BIGQUERY_LOCATION'] ?? '',
    apiEndpoint: `http://${env['BIGQUERY_EMULATOR_HOST']}`,
  });
}

async function clusterState(env: Record<string, string>) {
  const [host, port] = (env['DATAPROC_API_ENDPOINT'] ?? '').split(':');
  const client = new v1.ClusterControllerClient({
    servicePath: host ?? '',
    port: Number(port),
    sslCreds: credentials.createInsecure(),
  });
  const [cluster] = await client.getCluster({
    projectId: env['GOOGLE_CLOUD_PROJECT'] ?? '',
    region: env['DATAPROC_REGION'] ?? '',
    clusterName: env['DATAPROC_CLUSTER'] ?? '',
  });
  await client.close();
  return cluster.status?.state;
}
