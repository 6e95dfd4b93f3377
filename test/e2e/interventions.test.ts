import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { objectNames } from '../../src/pipeline/names/index.ts';
import { summaryObjectSchema } from '../../src/pipeline/objects/run.ts';
import { readObject } from '../../src/pipeline/ports/json-objects.ts';
import { runProgress } from '../../src/queues/run-progress.ts';
import { command } from '../support/commands.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { connectAsAdmin } from '../support/stack-env.ts';
import { pause, until } from '../support/wait.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await openSandbox();
  await sandbox.admin.query(
    'CREATE TABLE alunos (id INT PRIMARY KEY); CREATE TABLE cursos (id INT PRIMARY KEY)',
  );
  await pause(2_500);
  await sandbox.start(['worker']);
});
afterAll(() => sandbox?.close());

/** Runs a command and gives its JSON. */
async function json(...args: string[]) {
  const { code, stdout, stderr } = await command([...args, '--json'], sandbox.env);
  expect([code, complaints(stderr)]).toEqual([0, []]);
  return JSON.parse(stdout);
}
/** All but what a command is busy with, which it says where it takes longer than two seconds. */
const complaints = (stderr: string) =>
  stderr.split('\n').filter((line) => line !== '' && !line.endsWith(' …'));
const say = async (...args: string[]) => (await command(args, sandbox.env)).stdout;
const summaryOf = (runId: string) =>
  until(
    async () =>
      (
        await readObject(
          sandbox.adapters.bucket,
          objectNames(sandbox.config.settings.SOURCE_ID).summary(runId),
          summaryObjectSchema,
        )
      )?.value,
  );

describe('a person who steps in', () => {
  it('pauses a table: it is skipped with its reason, and not loaded by the way', async () => {
    expect(await json('pause', 'table=cursos')).toMatchObject({ all: null, tables: [{ table: 'cursos' }] });
    expect(await json('plan')).toMatchObject([
      { table: 'alunos', decision: 'load' },
      { table: 'cursos', decision: 'skip', reason: 'paused' },
    ]);
    const refused = await command(['enqueue', 'table=cursos'], sandbox.env);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('npm run resume -- table=') });
    expect(await json('tables')).toMatchObject([{ kept_out: null }, { table: 'cursos', kept_out: 'paused' }]);
    expect(await json('resume', 'table=cursos')).toMatchObject({ tables: [] });
  });

  it('pauses everything, and ends that', async () => {
    await json('pause', '--all');
    expect(await say('pause', '--list')).toContain('Everything is paused since');
    expect((await json('plan')).map(({ reason }: { reason: string }) => reason)).toEqual([
      'paused',
      'paused',
    ]);
    await json('resume', '--all');
    expect(await say('resume', '--list')).toBe('Nothing is paused.\n');
  });

  it('cancels a load that runs, with its Dataproc job, and what MySQL still did for it', async () => {
    const holder = await connectAsAdmin({ database: sandbox.schema });
    onTestFinished(() => holder.destroy());
    await holder.query('LOCK TABLES alunos WRITE');
    const { run_id: run } = await json('enqueue', 'table=alunos');
    const [load] = await until(async () => {
      const active = await sandbox.queues.ingest.getActive();
      return JSON.stringify(active[0]?.progress ?? '').includes('RUNNING') && active;
    });
    const mark = `%/* adutora ${sandbox.config.settings.SOURCE_ID}-${load?.id}-a1 */%`;
    const atWork = async () => {
      const [rows] = await sandbox.admin.query<RowDataPacket[]>(
        'SELECT STATE FROM performance_schema.processlist WHERE INFO LIKE ? AND ID <> CONNECTION_ID()',
        [mark],
      );
      return rows;
    };
    await until(async () => (await atWork()).some(({ STATE }) => /metadata lock/.test(STATE ?? '')));
    expect(await runProgress(sandbox.queues, run)).toMatchObject({
      loaded: 0,
      active: [{ table: { table: 'alunos' }, message: expect.stringMatching(/RUNNING|asking|reading/) }],
    });
    expect(await json('cancel', `run=${run}`)).toEqual([run, load?.id]);
    expect(await summaryOf(run)).toMatchObject({
      status: 'cancelled',
      tables: [{ status: 'cancelled', failure: { code: 'CANCELLED' }, attempts: 1 }],
    });
    // The table is still locked: nothing but KILL QUERY ends a statement that waits for it.
    expect(await atWork()).toEqual([]);
    await holder.end();
    const { logs } = await sandbox.queues.ingest.getJobLogs(load?.id ?? '');
    expect(logs.join('\n')).toMatch(/cancelling Dataproc job .*\n[\s\S]*Dataproc job .*: CANCELLED$/);
    expect(await say('runs')).toMatch(new RegExp(`${run} .* cancelled +0 +0 +0 +1 +.*alunos: CANCELLED`));
    expect(await command(['cancel', 'run=last'], sandbox.env)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('No run is under way'),
    });
    expect(await say('cancel', 'table=alunos')).toContain('Nothing of it is being loaded');
  });

  it('retries what did not load', async () => {
    const again = await command(['retry', 'run=last', '--wait', '--json'], sandbox.env);
    expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('RUNNING') });
    expect(JSON.parse(again.stdout)).toMatchObject({ status: 'succeeded', loaded: 1 });
    const [newest] = await json('runs', '--limit', '1');
    expect(newest).toMatchObject({ status: 'succeeded', trigger: 'manual', loaded: 1 });
    expect(await json('tables')).toMatchObject([
      { table: 'alunos', last: { status: 'loaded' } },
      { last: null },
    ]);
    expect(await say('retry', 'run=last')).toContain('Nothing failed');
  });

  it('needs no MySQL for what is none of its business', async () => {
    expect(await sandbox.run()).toMatchObject({ status: 'succeeded', loaded: 1 });
    const away = { ...sandbox.env, MYSQL_PORT: '9' };
    for (const name of ['pause', 'resume', 'cancel', 'history']) {
      const { code, stderr } = await command([name, 'table=cursos'], away);
      expect([code, complaints(stderr)]).toEqual([0, []]);
    }
  });

  it('tells of a table that was dropped', async () => {
    await sandbox.admin.query('DROP TABLE cursos');
    expect(await json('history', 'table=cursos')).toMatchObject([{ status: 'loaded' }]);
    expect(await say('why', 'table=cursos')).toMatch(
      /Last decision: load, never_loaded, run .*: loaded, by dataproc, 0 rows\n\nNow: skip, gone_from_listing\. .*dropped, renamed, or hidden from MYSQL_USER: check the grants/,
    );
    await sandbox.run();
    expect(await json('history', 'table=cursos')).toMatchObject([
      { status: 'skipped', reason: 'gone_from_listing' },
      { status: 'loaded' },
    ]);
    const gone = await command(['enqueue', 'table=cursos', 'table=ALUNOS'], sandbox.env);
    expect(gone).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/cursos .*ALUNOS .*Did you mean t_\w+\.alunos/),
    });
  });

  it.concurrent.each([
    [['retry', 'run=20200101T000000Z'], 'UNKNOWN_RUN', 'Did you mean manual-'],
    [['cancel', 'run=20200101T000000Z'], 'UNKNOWN_RUN', 'npm run runs'],
    [['cancel'], 'USAGE', 'run=RUN, or table=NAME?'],
    [['pause'], 'USAGE', 'Name tables, or --all'],
    [['pause', '--al'], 'USAGE', 'Did you mean --all?'],
    [['pause', 'table=alumos'], 'UNKNOWN_TABLE', 'Did you mean'],
    [['runs', 'run=x'], 'USAGE', 'What is "run=x"?'],
  ])('%j is told what is wrong', async (args, code, said) => {
    const ended = await command(args, sandbox.env);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain(code);
    expect(ended.stderr).toContain(said);
  });
});
