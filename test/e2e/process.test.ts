import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OwnProcess, pressCtrlC, startNpm, startProcess } from '../support/processes.ts';
import { openQuickSandbox } from '../support/quick-sandbox.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { pause, until } from '../support/wait.ts';

let sandbox: Sandbox;
const workers: OwnProcess[] = [];
/** Whether the Dataproc job may come to its end. */
let mayEnd = false;

beforeAll(async () => {
  sandbox = await openQuickSandbox({ jobWaits: () => until(async () => mayEnd) });
  await sandbox.admin.query('CREATE TABLE alunos (id INT PRIMARY KEY, nome VARCHAR(20))');
  await sandbox.admin.query("INSERT INTO alunos VALUES (1, 'Ana'), (2, 'Rui')");
  await pause(2_500);
});
afterAll(async () => {
  for (const { child } of workers) child.kill('SIGKILL');
  await sandbox?.close();
});

const startWorker = () => {
  const worker = startProcess('main', ['--roles', 'worker'], sandbox.env);
  workers.push(worker);
  return worker;
};
/** The load once Spark works on it. */
const runningLoad = () =>
  until(async () => {
    const [job] = await sandbox.queues.ingest.getActive();
    const progress = JSON.stringify(job?.progress ?? '');
    return progress.includes('RUNNING') && job;
  });

describe('a worker process', () => {
  it('hands its load back at SIGTERM, does not wait for its end, and the next one attaches', async () => {
    const first = startWorker();
    const running = sandbox.run(['alunos']);
    const job = await runningLoad();
    first.child.kill('SIGTERM');
    expect((await first.ended).code).toBe(0);
    expect(await job.getState()).not.toBe('completed');
    startWorker();
    const logs = async () => (await sandbox.queues.ingest.getJobLogs(job.id ?? '')).logs;
    await until(async () => (await logs()).some((line) => line.includes('attached')));
    mayEnd = true;
    expect(await running).toMatchObject({ status: 'succeeded', tables: [{ status: 'loaded', attempts: 1 }] });
    expect((await logs()).filter((line) => /Dataproc job .* submitted/.test(line))).toHaveLength(1);
  });

  it('is replaced after kill -9 by one that finds out what happened; nothing is read twice', async () => {
    mayEnd = false;
    const second = workers.at(-1);
    const running = sandbox.run(['alunos']);
    const job = await runningLoad();
    second?.child.kill('SIGKILL');
    mayEnd = true;
    startWorker();
    const summary = await running;
    expect(summary).toMatchObject({ status: 'succeeded', tables: [{ status: 'loaded', attempts: 1 }] });
    const { logs } = await sandbox.queues.ingest.getJobLogs(job.id ?? '');
    expect(logs.filter((line) => line.includes('submitted'))).toHaveLength(1);
    const rows = await sandbox.adapters.query(`SELECT COUNT(*) AS n FROM \`${sandbox.schema}.alunos\``);
    expect(rows).toEqual([{ n: 2 }]);
  });

  it('ends when npm, which started it, is told to', async () => {
    const service = startNpm('start', ['--roles', 'worker'], sandbox.env);
    await until(async () => `${service.output.stdout}${service.output.stderr}`.includes('"started"'));
    service.child.kill('SIGTERM');
    // Its output is closed only when nobody of the family is left to write there.
    await service.ended;
  });

  it('is stopped by Ctrl-C through npm as by any first signal, not as by a second one', async () => {
    const service = startNpm('start', ['--roles', 'worker'], sandbox.env);
    await until(async () => service.output.stderr.includes('"started"'));
    // npm's signal often comes together with the terminal's: this one comes surely after it.
    service.child.stderr?.on('data', (chunk) => String(chunk).includes('"stopping') && pressCtrlC(service));
    pressCtrlC(service);
    expect(await service.ended).toMatchObject({ code: 130, stderr: expect.stringContaining('"stopped"') });
  });

  it('refuses what is wrong from the start, with an exit code', async () => {
    // The installation is there before another address comes.
    await (await sandbox.start([])).stop();
    const taken = startProcess('main', ['--roles', 'worker'], { ...sandbox.env, MYSQL_HOST: 'localhost' });
    expect(await taken.ended).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('installation.json'),
    });
    const roles = startProcess('main', ['--roles', 'wrker'], sandbox.env);
    expect(await roles.ended).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('unknown role wrker'),
    });
  });
});
