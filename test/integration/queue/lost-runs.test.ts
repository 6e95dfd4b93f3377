import { expect, it } from 'vitest';
import { cancel } from '../../../src/commands/cancel.ts';
import type { Command, CommandContext } from '../../../src/commands/command.ts';
import { retry } from '../../../src/commands/retry.ts';
import { runs } from '../../../src/commands/runs.ts';
import { waitForRun } from '../../../src/commands/wait-for-run.ts';
import { manualRunName } from '../../../src/pipeline/names/index.ts';
import { createFakeRepair, flush } from '../../support/fake-repair.ts';
import type { FakeService } from '../../support/fake-service.ts';
import { untilStopped } from '../../support/interfere.ts';
import { serviceOfEachTest } from '../../support/service-of-each-test.ts';
import { until } from '../../support/wait.ts';

let service: FakeService;
const RUN = manualRunName(new Date(), 'abcd');

serviceOfEachTest((fresh) => {
  service = fresh;
});

function command(): { context: CommandContext; printed: string[]; noted: string[] } {
  const printed: string[] = [];
  const noted: string[] = [];
  const { bucket, history, queues, cancellations, sourceId } = service;
  const context = {
    ports: { bucket, history },
    verify: { sourceId, runner: 'worker', schemas: ['s'] },
    queues: async () => queues,
    cancellations: async () => cancellations,
    machine: async () => ({ processes: { alive: [] } }),
    now: () => new Date(),
    activity: () => undefined,
    note: (line: string) => void noted.push(line),
    print: (text: string) => void printed.push(text),
  } as unknown as CommandContext;
  return { context, printed, noted };
}
async function said(what: Command, ...args: string[]) {
  const { context, printed } = command();
  await what.run([...args, '--json'], context);
  return JSON.parse(printed.join(''));
}

/** A run whose first load has ended, and that Redis has lost since. */
async function lost(): Promise<void> {
  const { run } = service.engine;
  service.engine.run = (attempt, watch) => {
    if (attempt.spec.table.table === 'a') return run(attempt, watch);
    return untilStopped(watch);
  };
  const worker = service.start();
  await service.add(RUN, ['a', 'b', 'c']);
  await until(async () => service.rows.length === 1);
  await worker.stop();
  service.engine.run = run;
  await flush(service);
}

it('every command knows a run that only the bucket knows, and they say the same', async () => {
  await lost();
  expect(await said(runs)).toMatchObject([
    {
      run_id: RUN,
      status: 'running',
      ended_at: null,
      note: expect.stringContaining('Redis does not know it'),
    },
  ]);
  await expect(said(retry, `run=${RUN}`)).rejects.toMatchObject({
    code: 'UNKNOWN_RUN',
    message: `Run ${RUN} has not ended yet.`,
    hint: expect.stringContaining(`cancel -- run=${RUN}`),
  });
  expect(await said(cancel, 'run=last')).toEqual([RUN]);
  await createFakeRepair(service).look();
  service.start();
  expect(await service.summary(RUN)).toMatchObject({
    status: 'cancelled',
    tables: [{ status: 'loaded' }, { status: 'cancelled' }, { status: 'cancelled' }],
  });
  await expect(said(cancel, `run=${RUN}`)).rejects.toMatchObject({ message: `Run ${RUN} has ended.` });
});

it('the load of one table can be cancelled before its run is back', async () => {
  await lost();
  const loads = await said(cancel, 'table=b');
  expect(loads).toEqual([service.loadName(RUN, 'b')]);
  await createFakeRepair(service).look();
  service.start();
  expect(await service.summary(RUN)).toMatchObject({
    tables: [{ status: 'loaded' }, { status: 'cancelled' }, { status: 'loaded' }],
  });
});

it('who waits for it goes on waiting, and is told why', async () => {
  await lost();
  const { context, noted } = command();
  const ended = waitForRun(RUN, service.queues, context);
  await until(async () => noted.some((line) => line.includes('Redis does not know it')));
  await createFakeRepair(service).look();
  service.start();
  expect(await ended).toMatchObject({ status: 'succeeded', loaded: 3 });
});
