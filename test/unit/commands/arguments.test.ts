import { describe, expect, it } from 'vitest';
import { accept } from '../../../src/commands/accept.ts';
import { cancel } from '../../../src/commands/cancel.ts';
import type { Command, CommandContext } from '../../../src/commands/command.ts';
import { deploy } from '../../../src/commands/deploy.ts';
import { doctor } from '../../../src/commands/doctor.ts';
import { enqueue } from '../../../src/commands/enqueue.ts';
import { history } from '../../../src/commands/history.ts';
import { pause } from '../../../src/commands/pause.ts';
import { plan } from '../../../src/commands/plan.ts';
import { query } from '../../../src/commands/query.ts';
import { restore } from '../../../src/commands/restore.ts';
import { retry } from '../../../src/commands/retry.ts';
import { run } from '../../../src/commands/run.ts';
import { runs } from '../../../src/commands/runs.ts';
import { tables } from '../../../src/commands/tables.ts';
import { why } from '../../../src/commands/why.ts';

/**
 * Nothing may be done, nor anybody asked, before the arguments are understood; the clock may be
 * read.
 */
const untouched = new Proxy({} as CommandContext, {
  get: (_, name) => {
    if (name === 'now') return () => new Date('2026-01-02T03:00:00Z');
    throw new Error(`${String(name)} was used`);
  },
});

describe('a command refuses what it does not take', () => {
  it.each<[string, Command, string[], string]>([
    ['run and a table', run, ['table=alunos', 'table=x'], 'npm run enqueue -- table=alunos table=x'],
    ['run and a run', run, ['run=last'], 'What is "run=last"?'],
    ['plan and a table', plan, ['table=alunos'], 'What is "table=alunos"?'],
    ['runs and a table', runs, ['table=alunos'], 'What is "table=alunos"?'],
    ['tables and a table', tables, ['table=alunos'], 'What is "table=alunos"?'],
    ['doctor and a table', doctor, ['table=alunos'], 'What is "table=alunos"?'],
    ['deploy and a table', deploy, ['table=alunos'], 'What is "table=alunos"?'],
    ['query and a table', query, ['SELECT 1', 'table=alunos'], 'Expected one statement'],
    ['enqueue and a run', enqueue, ['table=alunos', 'run=x'], 'What is "run=x"?'],
    [
      'enqueue and a word',
      enqueue,
      ['table=alunos', 'notas'],
      'What is "notas"? Tables are named table=NAME.',
    ],
    ['history of two tables', history, ['table=a', 'table=b'], 'One table at a time'],
    ['why of two tables', why, ['table=a', 'table=b'], 'One table at a time'],
    ['a table and a run to cancel', cancel, ['table=notas', 'run=foo'], 'What is to end'],
    ['nothing to cancel', cancel, [], 'one run=RUN, or table=NAME'],
    ['a word to cancel', cancel, ['table=notas', 'agora'], 'What is "agora"?'],
    ['two runs to cancel', cancel, ['run=a', 'run=b'], 'Expected one run=RUN'],
    ['a table to retry', retry, ['run=last', 'table=a'], 'Expected one run=RUN'],
    ['a word to accept', accept, ['run=x', 'table=a', 'já'], 'Expected one run=RUN and one table=NAME'],
    ['a run to restore', restore, ['table=a', 'at=2026-01-01', 'run=x'], 'Expected one table=NAME'],
    ['a table without a name', enqueue, ['table='], 'table= names nothing.'],
    ['a run without a name', cancel, ['run='], 'run= names nothing.'],
    ['a run to pause', pause, ['--all', 'run=x'], 'What is "run=x"?'],
  ])('%s', async (_, command, args, said) => {
    const error = await command.run(args, untouched).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'USAGE' });
    const { message, hint } = error as { message: string; hint: string };
    expect(`${message} ${hint}`).toContain(said);
  });
});
