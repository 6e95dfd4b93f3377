import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command } from '../support/commands.ts';
import { adutora, startCommand, startProcess } from '../support/processes.ts';
import { type RefusingServer, startRefusingHttp } from '../support/refusing-server.ts';
import { type SecretManagerStandIn, startSecretManager } from '../support/secret-manager.ts';
import { connectAsAdmin, createSchema, freshInstallation } from '../support/stack-env.ts';

/** Every command of the CLI. */
const COMMANDS = [
  'run',
  'enqueue',
  'retry',
  'cancel',
  'pause',
  'resume',
  'acknowledge',
  'plan',
  'schema',
  'runs',
  'tables',
  'history',
  'query',
  'deploy',
  'doctor',
];
const ROOT = join(import.meta.dirname, '..', '..');
let schema: Awaited<ReturnType<typeof createSchema>>;
let env: Record<string, string>;
let refusing: RefusingServer;
let secrets: SecretManagerStandIn;

beforeAll(async () => {
  refusing = await startRefusingHttp(403, 'accessDenied');
  secrets = await startSecretManager([{ code: status.PERMISSION_DENIED }]);
  schema = await createSchema();
  env = { ...freshInstallation([schema.name]), SETTLE_SECONDS: '1' };
  const admin = await connectAsAdmin({ database: schema.name });
  await admin.query('CREATE TABLE alunos (id INT PRIMARY KEY); CREATE TABLE cursos (id INT PRIMARY KEY)');
  await admin.end();
});
afterAll(async () => {
  await schema?.drop();
  await refusing?.close();
  secrets?.close();
});

describe.concurrent('what is asked for wrongly (exit code 2)', () => {
  it.each([
    ['a command that is not there', ['enqueu'], 'Did you mean enqueue'],
    ['a table that is not there', ['enqueue', 'table=alumos'], 'Did you mean t_'],
    ['no table', ['enqueue'], 'Which table?'],
    ['a word without table=', ['enqueue', 'alunos'], 'table=NAME'],
    ['an option that is not there', ['plan', '--jsn'], 'Usage: npm run plan'],
    ['a statement that writes', ['query', 'DELETE FROM x'], 'Only SELECT'],
    ['a limit that is none', ['history', '--limit', 'x'], '--limit: expected 1 to'],
  ])('%s', async (_, args, said) => {
    const { code, stdout, stderr } = await command(args, env);
    expect(stderr).toContain(said);
    expect([code, stdout]).toEqual([2, '']);
  });

  it('an error is JSON where JSON was asked for, and text all the same', async () => {
    const { code, stdout, stderr } = await adutora(['enqueue', 'table=alumos', '--json'], env);
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'UNKNOWN_TABLE',
        message: 'There is no table alumos in the source.',
        hint: expect.stringContaining('Did you mean'),
      },
    });
    expect(stderr).toContain('UNKNOWN_TABLE: There is no table alumos');
    expect(code).toBe(2);
  });

  it('wrong settings, all at once', async () => {
    const { code, stderr } = await adutora(['plan'], {
      ...env,
      SOURCE_ID: 'Not-Allowed',
      INGEST_CONCURRENCY: 'many',
      SCHEDULE_CRON: 'daily',
    });
    for (const key of ['SOURCE_ID', 'INGEST_CONCURRENCY', 'SCHEDULE_CRON']) expect(stderr).toContain(key);
    expect(code).toBe(2);
  });
});

describe.concurrent('what strangers have named, and what stands in the wrong line', () => {
  it.each([
    'MYSQL_PASSWORD_SECRET',
    'MASK_KEY_SECRET',
    'REDIS_URL',
    'MYSQL_TLS_CA',
    'MYSQL_PORT',
    'SCHEDULE_CRON',
  ])('a secret in %s is not printed', async (key) => {
    const { code, stdout, stderr } = await command(['plan', '--json'], {
      ...env,
      [key]: 'canary-in-a-wrong-line',
    });
    expect(code).toBe(2);
    expect(stderr).toContain(key);
    expect(stdout + stderr).not.toContain('canary');
  });

  it('names are shown, not obeyed, and what is printed for pasting can be pasted', async () => {
    const own = await createSchema();
    const name = "nota\u202e\u001b[2J\n$(x)'";
    const admin = await connectAsAdmin({ database: own.name });
    await admin.query(`CREATE TABLE \`${name}\` (id INT PRIMARY KEY)`);
    await admin.end();
    const here = { ...freshInstallation([own.name]), SETTLE_SECONDS: '1' };
    const text = await adutora(['plan'], here);
    expect(text.stdout).toContain("nota\\u202e\\u001b[2J\\n$(x)'");
    for (const obeyed of ['\u001b', '\u202e']) expect(text.stdout).not.toContain(obeyed);
    const json = await adutora(['plan', '--json'], here);
    expect(json.stdout).not.toContain('\u202e');
    expect(JSON.parse(json.stdout)).toMatchObject([{ table: name }]);
    expect(await adutora(['pause', `table=${name}`], here)).toMatchObject({ code: 0 });
    const { stderr } = await adutora(['enqueue', `table=${name}`], here);
    const pasted = /npm run resume -- (.*)\)$/m.exec(stderr)?.[1] ?? '';
    const back = await promisify(execFile)('bash', ['-c', `printf %s ${pasted}`]);
    expect(back.stdout).toBe(`table=${own.name}.${name}`);
    await own.drop();
  });
});

describe.concurrent('what cannot be reached or used (exit code 3), in one line', () => {
  const secret = (name: string) => () => ({
    MYSQL_PASSWORD: '',
    MYSQL_PASSWORD_SECRET: `projects/p/secrets/${name}/versions/1`,
    SECRET_MANAGER_API_ENDPOINT: secrets.address,
  });
  it.each<[string, string[], () => Record<string, string>, string]>([
    ['a wrong password', ['plan'], () => ({ MYSQL_PASSWORD: 'wrong-canary' }), 'SOURCE_ACCESS_DENIED'],
    ['nobody at MySQL', ['enqueue', 'table=alunos'], () => ({ MYSQL_PORT: '9' }), 'SOURCE_UNREACHABLE'],
    ['another schema', ['plan'], () => ({ MYSQL_SCHEMAS: 'no_such_schema' }), 'SOURCE_SCHEMA_MISSING'],
    ['TLS that cannot be verified', ['plan'], () => ({ MYSQL_TLS: 'verify-identity' }), 'SOURCE_TLS_REFUSED'],
    [
      'no Redis',
      ['enqueue', 'table=alunos'],
      () => ({ REDIS_URL: 'redis://127.0.0.1:9' }),
      'REDIS_UNREACHABLE',
    ],
    ['no bucket', ['deploy'], () => ({ GCS_BUCKET: 'no-such-bucket' }), 'BUCKET_MISSING'],
    ['a forbidden bucket', ['deploy'], () => ({ GCS_API_ENDPOINT: refusing.address }), 'STAGE_DENIED'],
    [
      'a forbidden dataset',
      ['history'],
      () => ({ BIGQUERY_EMULATOR_HOST: refusing.address }),
      'DESTINATION_DENIED',
    ],
    ['a secret that may not be read', ['plan'], secret('forbidden'), 'SECRET_DENIED'],
    [
      "no credentials of Google's",
      ['deploy'],
      () => ({ GOOGLE_APPLICATION_CREDENTIALS: '/no/such/key.json', GCS_API_ENDPOINT: '' }),
      'GOOGLE_CREDENTIALS',
    ],
  ])('%s', async (_, args, changes, said) => {
    const { code, stderr } = await adutora(args, { ...env, ...changes() });
    expect(stderr).toContain(said);
    const lines = stderr.trimEnd().split('\n');
    expect(lines.filter((line) => !line.endsWith('…'))).toHaveLength(1);
    expect(stderr).not.toContain('wrong-canary');
    expect(code).toBe(3);
  });

  it('and a service says so at its start instead of waiting', async () => {
    const service = startProcess('main', [], { ...env, REDIS_URL: 'redis://127.0.0.1:9' });
    expect(await service.ended).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('REDIS_UNREACHABLE'),
    });
  });
});

describe.concurrent('what is asked for well', () => {
  it('plan tells what a run would do, for people and for programs', async () => {
    const text = await adutora(['plan'], env);
    expect(text.stdout).toMatch(/alunos\s+load\s+never_loaded/);
    expect(text.stdout).toContain('2 of 2 tables would be loaded');
    const json = await adutora(['plan', '--json'], env);
    expect(json.code).toBe(0);
    expect(JSON.parse(json.stdout)).toMatchObject([
      { table: 'alunos', decision: 'load', reason: 'never_loaded' },
      { table: 'cursos', decision: 'load', reason: 'never_loaded' },
    ]);
  });

  it('plan counts what would be refused, and gives it no place in the order', async () => {
    const refused = await createSchema();
    const admin = await connectAsAdmin({ database: refused.name });
    await admin.query(
      'CREATE TABLE `a-b` (id INT PRIMARY KEY); CREATE TABLE a_b (id INT); CREATE TABLE c (id INT)',
    );
    await admin.end();
    const own = { ...env, MYSQL_SCHEMAS: refused.name };
    expect((await command(['plan'], own)).stdout).toMatch(
      /1 of 3 tables would be loaded \(.*\), 2 refused\./,
    );
    const orders = JSON.parse((await command(['plan', '--json'], own)).stdout);
    expect(orders.map(({ order }: { order: number | null }) => order)).toEqual([1, null, null]);
    await refused.drop();
  });

  it('query says whose dialect it is, and keeps that out of the answer', async () => {
    const { code, stdout, stderr } = await adutora(['query', 'SELECT 1 AS um', '--json'], env);
    expect([code, JSON.parse(stdout)]).toEqual([0, [{ um: 1 }]]);
    expect(stderr).toContain('DuckDB');
  });

  it('history is empty before the first run', async () => {
    expect(await adutora(['history', '--json'], env)).toMatchObject({ code: 0, stdout: '[]\n' });
  });

  it('runs tells of those that nobody has taken yet, and does without Redis; the last can be cancelled', async () => {
    const own = { ...env, SOURCE_ID: `${env['SOURCE_ID']}q`.slice(-12) };
    const { run_id: run } = JSON.parse((await command(['run', '--json'], own)).stdout);
    const [line] = JSON.parse((await command(['runs', '--json'], own)).stdout);
    expect(line).toMatchObject({ run_id: run, status: 'queued', trigger: 'manual', started_at: null });
    expect((await command(['retry', 'run=last'], own)).stderr).toContain('No run has ended yet');
    const away = await command(['runs', '--json'], { ...own, REDIS_URL: 'redis://127.0.0.1:9' });
    // The bucket knows what was asked for.
    expect([away.code, JSON.parse(away.stdout)]).toMatchObject([0, [{ run_id: run, started_at: null }]]);
    expect(away.stderr).toMatch(/wait in the queue are not shown. REDIS_UNREACHABLE/);
    expect((await command(['cancel', 'run=last'], own)).stdout).toContain(`run ${run}`);
  });

  it('adutora on the PATH is the same program', async () => {
    const { code, stdout } = await startCommand(
      [join(ROOT, 'bin', 'adutora.mjs'), 'query', 'SELECT 1 AS um', '--json'],
      env,
      '/',
    ).ended;
    expect([code, JSON.parse(stdout)]).toEqual([0, [{ um: 1 }]]);
    const wrong = await startCommand([join(ROOT, 'bin', 'adutora.mjs'), 'start', '--roles', 'x'], env, '/')
      .ended;
    expect(wrong.code).toBe(2);
  });
});

it('every command has its help', async () => {
  const helps = await Promise.all(
    COMMANDS.map(async (name) => ({ name, ended: await command([name, '--help'], {}) })),
  );
  for (const { name, ended } of helps)
    expect(ended).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(new RegExp(`Usage: npm run ${name}[^]*Examples:\n  npm run`)),
    });
});
