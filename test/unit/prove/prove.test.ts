import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Assertion } from '../../../prove/assertion.ts';
import { ASSERTIONS } from '../../../prove/assertions/all.ts';
import type { ProveContext } from '../../../prove/context.ts';
import { makeReport, toMarkdown } from '../../../prove/report.ts';
import { runAssertions } from '../../../prove/run.ts';
import { readOptions, UsageError } from '../../../prove/target.ts';
import { expectRefused, expectSame, Undecided } from '../../../prove/verdict.ts';

const UNPROVEN = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'unproven.md'), 'utf8');
/** The points of the page by number. */
const points = new Map(
  UNPROVEN.split(/^(?=\d+\. )/m)
    .slice(1)
    .map((text) => [Number.parseInt(text, 10), text.trim()] as const),
);

describe('the assertions of npm run prove', () => {
  it('are numbered in order, each with a title of its own', () => {
    expect(ASSERTIONS.map(({ id }) => id)).toEqual(ASSERTIONS.map((_, index) => index + 1));
    expect(new Set(ASSERTIONS.map(({ title }) => title)).size).toBe(ASSERTIONS.length);
    expect(ASSERTIONS.length).toBeGreaterThan(40);
  });

  it('cite points of docs/unproven.md that are there', () => {
    for (const { id, unproven } of ASSERTIONS) {
      expect(unproven.length, `assertion ${id}`).toBeGreaterThan(0);
      for (const number of unproven) expect([...points.keys()], `assertion ${id}`).toContain(number);
    }
  });

  it.each([...points])(
    'say of point %i what decides it, or the page says why nothing can',
    (number, text) => {
      const cited = ASSERTIONS.filter(({ unproven }) => unproven.includes(number)).map(({ id }) => id);
      if (cited.length === 0) expect(text).toMatch(/`prove` cannot/);
      expect(points.size).toBeGreaterThan(15);
    },
  );
});

describe('the runner', () => {
  const assertion = (check: Assertion['check'], more: Partial<Assertion> = {}): Assertion => ({
    id: 1,
    title: 'It is so',
    unproven: [1],
    needsGoogle: null,
    check,
    ...more,
  });
  const notImplemented = Object.assign(new Error('does not know this'), { code: 501 });
  const run = async (one: Assertion, isLocal: boolean, signal = new AbortController().signal) =>
    runAssertions([one], { isLocal, signal } as ProveContext, () => undefined);
  const fails = (error: unknown) => assertion(() => Promise.reject(error));

  it.each([
    ['what holds', assertion(async () => 'seen'), 'proven', 'proven', 'seen'],
    ['what does not', fails(new Error('not so\nat all')), 'failed', 'failed', 'not so'],
    ['what cannot be decided', fails(new Undecided('who knows')), 'needs Google', 'left out', 'who knows'],
    ['what a stand-in does not know', fails(notImplemented), 'needs Google', 'failed', 'does not know this'],
  ] as const)('tells %s, on the local stack and on Google', async (_, one, local, google, fact) => {
    expect(await run(one, true)).toMatchObject([{ status: local, fact }]);
    expect(await run(one, false)).toMatchObject([{ status: google, fact }]);
  });

  it('does not ask a stand-in what only Google can answer', async () => {
    const one = assertion(async () => 'seen', { needsGoogle: 'no such thing here' });
    expect(await run(one, true)).toMatchObject([{ status: 'needs Google', fact: 'no such thing here' }]);
    expect(await run(one, false)).toMatchObject([{ status: 'proven' }]);
  });

  it('ends early when it is interrupted, without a verdict on what was being checked', async () => {
    const interrupt = new AbortController();
    const one = assertion(
      () =>
        new Promise((_, reject) =>
          interrupt.signal.addEventListener('abort', () => reject(new Error('cut'))),
        ),
    );
    const running = run(one, true, interrupt.signal);
    interrupt.abort(new Error('stop'));
    expect(await running).toEqual([]);
  });
});

describe('a verdict', () => {
  const refusal = (code: number) => Promise.reject(Object.assign(new Error('no\nreally'), { code }));

  it('compares without regard to the order of keys, and says both sides', () => {
    expect(() => expectSame({ a: 1, b: [2] }, { b: [2], a: 1 }, 'x')).not.toThrow();
    expect(() => expectSame({ a: 1 }, { a: 2 }, 'x')).toThrow('x: expected {"a":2}, observed {"a":1}');
  });

  it('wants the refusal that was asked for', async () => {
    expect(await expectRefused([409], () => refusal(409))).toBe('409: no');
    await expect(expectRefused([409], () => refusal(400))).rejects.toThrow('expected 409');
    await expect(expectRefused([409], async () => 'fine')).rejects.toThrow('but it was accepted');
    await expect(expectRefused([409], () => refusal(501))).rejects.toMatchObject({ code: 501 });
  });
});

describe('the command line', () => {
  const GOOGLE = ['--project', 'p', '--location', 'l', '--bucket', 'b'];

  it.each([
    ['no place', ['--project', 'p'], '--location'],
    ['half a cluster', [...GOOGLE, '--cluster', 'c'], '--region'],
    ['a server without a password', [...GOOGLE, '--mysql', 'u@h'], 'MYSQL_PASSWORD'],
    ['a scratch without a server', [...GOOGLE, '--mysql-scratch', 's'], '--mysql'],
    ['a bucket without a project', ['--bucket', 'b'], '--project'],
    ['what it does not know', ['--nope'], '--nope'],
    ['words for numbers', [...GOOGLE, '--only', 'one'], '--only'],
    ['neither project nor stack', [], 'npm run stack'],
  ])('refuses %s', (_, args, says) => {
    const read = () => readOptions(args, { STACK_ENV_FILE: '/nowhere' });
    expect(read).toThrow(UsageError);
    expect(read).toThrow(says);
  });

  it('names a Google target', () => {
    const args = [...GOOGLE, '--mysql', 'u@db:3307', '--region', 'r', '--cluster', 'c', '--only', '1,5'];
    expect(readOptions(args, { MYSQL_PASSWORD: 'secret' })).toMatchObject({
      target: {
        standIns: null,
        dataproc: { region: 'r', cluster: 'c' },
        mysql: { user: 'u', host: 'db', port: 3307 },
        dataset: null,
      },
      only: [1, 5],
      isConfirmed: false,
    });
  });

  it('takes the running local stack where no project is named', () => {
    const folder = mkdtempSync(join(tmpdir(), 'adutora-prove-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'stack.env');
    writeFileSync(file, 'GOOGLE_CLOUD_PROJECT=local\nBIGQUERY_EMULATOR_HOST="127.0.0.1:1"\n');
    expect(readOptions([], { STACK_ENV_FILE: file })?.target).toMatchObject({
      project: 'local',
      standIns: { bigquery: '127.0.0.1:1' },
    });
  });
});

it('the report shows every assertion, and every point with what is known of it', () => {
  const { target } = readOptions(['--project', 'p', '--location', 'l', '--bucket', 'b'], {}) ?? {};
  if (!target) throw new Error('no target');
  const outcome = { title: 'A | B', unproven: [3], fact: 'seen', tookMs: 1 };
  const report = makeReport({
    target,
    startedAt: new Date('2026-01-02T00:00:00Z'),
    outcomes: [
      { ...outcome, id: 1, status: 'proven' },
      { ...outcome, id: 2, status: 'failed' },
    ],
    leftBehind: ['dataset x: no'],
  });
  const text = toMarkdown(report);
  expect(text).toContain('| 1 | A \\| B | proven | seen | 3 |');
  expect(text).toContain('3. proven: 1; failed: 2');
  expect(text).toContain('Left behind: dataset x: no');
  expect(text).not.toContain('stand-ins');
});
