import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BigQuery } from '@google-cloud/bigquery';
import { Storage } from '@google-cloud/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ASSERTIONS } from '../../prove/assertions/all.ts';
import { closeContext, newMark, openContext } from '../../prove/context.ts';
import type { Report } from '../../prove/report.ts';
import { runAssertions } from '../../prove/run.ts';
import { readOptions } from '../../prove/target.ts';
import { startCommand } from '../support/processes.ts';
import { connectAsAdmin, freshName, stackEnv } from '../support/stack-env.ts';

const SCRIPT = join(import.meta.dirname, '..', '..', 'prove', 'prove.ts');
const MIN_PROVEN = 30;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adutora-prove-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The private stack's settings as the local stack leaves them for others, some of them changed. */
async function writeSettings(changes: Record<string, string> = {}): Promise<string> {
  const settings = join(folder, `${freshName()}.env`);
  const lines = Object.entries({ ...stackEnv(), ...changes }).map(
    ([key, value]) => `${key}=${JSON.stringify(value)}`,
  );
  await writeFile(settings, lines.join('\n'));
  return settings;
}

/** Runs the script to its end, or interrupts it once its progress says `interruptAt`. */
async function prove(args: readonly string[], changes: Record<string, string> = {}, interruptAt = /$never^/) {
  const settings = await writeSettings(changes);
  const { PATH = '', HOME = '' } = process.env;
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const options = { env: { PATH, HOME, STACK_ENV_FILE: settings }, cwd: folder };
    const child = execFile(process.execPath, [SCRIPT, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
    child.stderr?.on('data', (chunk) => interruptAt.test(String(chunk)) && child.kill('SIGINT'));
  });
}

/** Names of everything that a run of `prove` may have left. */
async function leftovers(): Promise<(string | undefined)[]> {
  const env = stackEnv();
  const projectId = env['GOOGLE_CLOUD_PROJECT'] ?? '';
  const bigquery = new BigQuery({ projectId, apiEndpoint: `http://${env['BIGQUERY_EMULATOR_HOST']}` });
  const storage = new Storage({ projectId, apiEndpoint: `http://${env['GCS_API_ENDPOINT']}` });
  const [datasets] = await bigquery.getDatasets();
  const [files] = await storage.bucket(env['GCS_BUCKET'] ?? '').getFiles({ prefix: 'adutora-prove' });
  const admin = await connectAsAdmin();
  const [schemas] = await admin.query("SHOW DATABASES LIKE 'adutora\\_prove%'");
  const [users] = await admin.query("SELECT User FROM mysql.user WHERE User LIKE 'adutora\\_prove%'");
  await admin.end();
  const ours = datasets.map(({ id }) => id).filter((id) => id?.startsWith('adutora_prove'));
  return [
    ...ours,
    ...files.map(({ name }) => name),
    ...[schemas, users].flat().map((row) => JSON.stringify(row)),
  ];
}

describe('npm run prove against the stand-ins', () => {
  it('disproves nothing, writes its report and leaves nothing behind', async () => {
    const file = join(folder, 'report.md');
    const { code, stdout, stderr } = await prove(['--json', '--report', file]);
    const report = JSON.parse(stdout) as Report;
    expect(report.outcomes.filter(({ status }) => status === 'failed')).toEqual([]);
    expect(code, stderr).toBe(0);
    expect(report.counts.proven).toBeGreaterThanOrEqual(MIN_PROVEN);
    const others = report.outcomes.filter(({ status }) => status !== 'proven');
    for (const { status, fact } of others) {
      expect(status).toBe('needs Google');
      expect(fact).toMatch(/\w+ \w+/);
    }
    expect(stderr.match(/^ +\d+ (proven|needs Google) /gm)).toHaveLength(report.outcomes.length);
    const markdown = await readFile(file, 'utf8');
    expect(markdown).toContain(`${report.counts.proven} proven, 0 failed`);
    expect(markdown).toContain('what they do, not what Google does');
    expect(report.leftBehind).toEqual([]);
    expect(await leftovers()).toEqual([]);
  });

  it('says what is not so, exits with 1, and leaves nothing behind then either', async () => {
    const user = freshName();
    const admin = await connectAsAdmin();
    await admin.query(`CREATE USER '${user}'@'%' IDENTIFIED BY 'x'`);
    // Without PROCESS no transaction of anybody is shown, so that the last assertion is false.
    const { code, stdout, stderr } = await prove(['--only', '1,84'], {
      MYSQL_USER: user,
      MYSQL_PASSWORD: 'x',
    });
    await admin.query(`DROP USER '${user}'@'%'`);
    await admin.end();
    expect(code, stderr).toBe(1);
    expect(stdout).toMatch(/^\| 84 \|.*\| failed \|.*PROCESS/m);
    expect(stdout).toMatch(/^\| 1 \|.*\| proven \|/m);
    expect(await leftovers()).toEqual([]);
  });

  it('removes what it made when it is interrupted', async () => {
    const { code, stdout } = await prove(['--json'], {}, /^ +8 proven/m);
    expect(code).toBe(130);
    expect((JSON.parse(stdout) as Report).counts.proven).toBeGreaterThan(7);
    expect(await leftovers()).toEqual([]);
  });

  it('works in a dataset that is there, and removes only its own tables from it', async () => {
    const env = stackEnv();
    const projectId = env['GOOGLE_CLOUD_PROJECT'] ?? '';
    const bigquery = new BigQuery({ projectId, apiEndpoint: `http://${env['BIGQUERY_EMULATOR_HOST']}` });
    const dataset = freshName();
    await bigquery.createDataset(dataset, { location: env['BIGQUERY_LOCATION'] ?? '' });
    await bigquery.dataset(dataset).createTable('theirs', { schema: [{ name: 'n', type: 'INTEGER' }] });
    const { target } = readOptions([], { STACK_ENV_FILE: await writeSettings() }) ?? {};
    if (!target) throw new Error('no target');
    const context = await openContext(
      { ...target, dataset, dataproc: null },
      newMark(),
      new AbortController().signal,
    );
    const asked = ASSERTIONS.filter(({ id }) => id === 25 || id === 63);
    const outcomes = await runAssertions(asked, context, () => undefined);
    const tables = async () => (await bigquery.dataset(dataset).getTables())[0].map(({ id }) => id);
    expect((await tables()).length).toBe(2);
    expect(await closeContext(context)).toEqual([]);
    expect(outcomes.map(({ status }) => status)).toEqual(['proven', 'needs Google']);
    expect(await tables()).toEqual(['theirs']);
    await bigquery.dataset(dataset).delete({ force: true });
    expect(await leftovers()).toEqual([]);
  });

  it('is stopped by Ctrl-C while it connects, not by what then goes wrong', async ({ onTestFinished }) => {
    const bigquery = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    onTestFinished(() => void bigquery.close());
    await once(bigquery, 'listening');
    const { port } = bigquery.address() as { port: number };
    const settings = await writeSettings({ BIGQUERY_EMULATOR_HOST: `127.0.0.1:${port}` });
    const proving = startCommand([process.execPath, SCRIPT], { STACK_ENV_FILE: settings }, folder);
    bigquery.once('connection', () => proving.child.kill('SIGINT'));
    expect(await proving.ended).toMatchObject({
      code: 130,
      stderr: expect.stringContaining('Stopped by SIGINT.'),
    });
  });

  it('exits with 3 where nobody answers', async () => {
    const { code, stderr } = await prove([], { BIGQUERY_EMULATOR_HOST: '127.0.0.1:1' });
    expect(code).toBe(3);
    expect(stderr).toContain('BigQuery: ');
  });
});
