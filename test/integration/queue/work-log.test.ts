import { describe, expect, it } from 'vitest';
import { LoadError } from '../../../src/pipeline/errors/load-error.ts';
import type { FakeService } from '../../support/fake-service.ts';
import { remoteFailed } from '../../support/fakes/staging-engine.ts';
import { RUN, serviceOfEachTest } from '../../support/service-of-each-test.ts';
import { until } from '../../support/wait.ts';

let service: FakeService;

serviceOfEachTest((fresh) => {
  service = fresh;
});

/** Lines about runs or about one table, once there is one with this message. */
function told(last: string, table?: string): Promise<Record<string, unknown>[]> {
  return until(async () => {
    const lines = service.lines.filter((line) => line['runId'] === RUN && line['table'] === table);
    return lines.at(-1)?.['msg'] === last && lines;
  });
}
const duration = { durationMs: expect.any(Number) };

describe("the worker's log", () => {
  it('has a line for start, decisions and end of a run, and for start and end of each load', async () => {
    service.start();
    await service.add(RUN, ['a', 'b']);
    const counts = { loaded: 2, skipped: 0, failed: 0, cancelled: 0, historyPending: 0, code: null };
    expect(await told('run succeeded')).toMatchObject([
      { msg: 'run started', trigger: 'manual', tables: 2, interruptions: 0 },
      { msg: 'run decided', load: 2, skip: 0 },
      { msg: 'run succeeded', ...counts, ...duration },
    ]);
    for (const table of ['s.a', 's.b'])
      expect(await told('load loaded', table)).toMatchObject([
        { msg: 'load started', reason: 'never_loaded' },
        { msg: 'load loaded', reason: 'never_loaded', rows: 2, attempts: 1, code: null, ...duration },
      ]);
  });

  it('has a line for what is tried again and for what fails, with its code and never its message', async () => {
    service.start();
    service.engine.failures.push(remoteFailed(), new LoadError('VALUE_TOO_LONG', 's.a: canary'));
    await service.add(RUN, ['a']);
    expect(await told('load failed', 's.a')).toMatchObject([
      { msg: 'load started' },
      { msg: 'load waiting', level: 40, code: 'REMOTE_FAILED', attempt: 1, delayMs: expect.any(Number) },
      { msg: 'load started', attempt: 2 },
      { msg: 'load failed', level: 50, code: 'VALUE_TOO_LONG', attempts: 2, ...duration },
    ]);
    expect(await told('run failed')).toHaveLength(3);
    expect(JSON.stringify(service.lines)).not.toContain('canary');
  });

  it('has one line for a load that waits for a person, however often it looks', async () => {
    service.start();
    service.paused.add('a');
    await service.add(RUN, ['a']);
    const job = await until(async () => service.queues.ingest.getJob(service.loadName(RUN, 'a')));
    await until(async () => {
      const found = await service.queues.ingest.getJob(job.id ?? '');
      return (found?.attemptsStarted ?? 0) > 3;
    });
    service.paused.clear();
    const lines = await told('load loaded', 's.a');
    expect(lines.filter(({ msg }) => msg === 'load waiting')).toMatchObject([{ why: 'is paused' }]);
  });
});
