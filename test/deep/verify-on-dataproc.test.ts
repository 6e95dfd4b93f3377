import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSourceQueries } from '../../src/adapters/mysql/source-queries.ts';
import { newestWholeTables } from '../../src/pipeline/load/known-source.ts';
import { objectNames } from '../../src/pipeline/names/index.ts';
import type { SummaryObject } from '../../src/pipeline/objects/run.ts';
import { openClusterNetwork } from '../support/cluster-network.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { NO_RETRY, pause } from '../support/wait.ts';

/** Longer than SETTLE_SECONDS of the sandbox. */
const SETTLED_MS = 2_500;

let network: Awaited<ReturnType<typeof openClusterNetwork>>;
let sandbox: Sandbox;

beforeAll(async () => {
  network = await openClusterNetwork();
  sandbox = await openSandbox(
    { ...network.env, INGEST_CONCURRENCY: '2' },
    'source: { partitions: { count: 2, above: 0MB } }\n',
  );
  await sandbox.admin.query(`CREATE TABLE alunos (zz_id INT PRIMARY KEY, nome VARCHAR(20));
    INSERT INTO alunos VALUES (1, 'Ana'), (2, 'João')`);
  await pause(SETTLED_MS);
  await sandbox.start(['worker']);
});
afterAll(async () => {
  await sandbox?.close();
  await network?.close();
});

const ends = (summary: SummaryObject) =>
  summary.tables.map(({ table, status, reason, attempts }) => [table, status, reason, attempts]);

/** Captures that a run had made by Dataproc jobs of their own. */
async function capturesOf(runId: string): Promise<string[]> {
  const { SOURCE_ID: sourceId } = sandbox.config.settings;
  const found = await sandbox.adapters.bucket.list(`${sourceId}/captures/${runId}`);
  return found.filter(({ name }) => name.endsWith('result.json')).map(({ name }) => name);
}

describe('VERIFY_RUNNER=dataproc, with a MySQL that only the cluster reaches', () => {
  it('this process cannot reach it', async () => {
    const direct = createSourceQueries({
      address: sandbox.config.address,
      password: async () => '',
      retry: NO_RETRY,
    });
    await expect(direct.capture({ session: [], queries: [] })).rejects.toMatchObject({
      code: 'SOURCE_UNREACHABLE',
    });
  });

  it('loads what was never loaded, the ranges of its keys asked on the cluster too, and skips it then', async () => {
    const first = await sandbox.run();
    expect(ends(first)).toEqual([['alunos', 'loaded', 'never_loaded', 1]]);
    expect(await capturesOf(first.runId)).toHaveLength(2);
    const second = await sandbox.run();
    expect(ends(second)).toEqual([['alunos', 'skipped', 'unchanged', 0]]);
  });

  it('loads a table by its name without asking first, and history holds what the driver saw before it read', async () => {
    await sandbox.admin.query("INSERT INTO alunos VALUES (3, 'Zoë')");
    await pause(SETTLED_MS);
    const asked = await sandbox.run(['alunos']);
    expect(ends(asked)).toEqual([['alunos', 'loaded', 'forced', 1]]);
    expect(await capturesOf(asked.runId)).toEqual([]);
    expect(ends(await sandbox.run())).toEqual([['alunos', 'skipped', 'unchanged', 0]]);
  });

  it('looks anew, on the cluster, at a table that was altered since its last load', async () => {
    await sandbox.admin.query("ALTER TABLE alunos ADD COLUMN curso VARCHAR(9) DEFAULT 'odonto'");
    const altered = await sandbox.run(['alunos']);
    expect(ends(altered)).toEqual([['alunos', 'loaded', 'forced', 2]]);
    const rows = await sandbox.adapters.query(
      `SELECT curso FROM \`${sandbox.schema}.alunos\` WHERE zz_id = 3`,
    );
    expect(rows).toEqual([{ curso: 'odonto' }]);
  });

  it('ends a run that was asked for a table that is not there: the run has the last word', async () => {
    const unknown = await sandbox.run(['nao_ha']);
    expect(unknown).toMatchObject({ status: 'failed', error: { code: 'SOURCE_TABLE_UNKNOWN' } });
  });

  it('keeps a list of all tables for the names that people write', async () => {
    const { SOURCE_ID: sourceId } = sandbox.config.settings;
    const whole = await newestWholeTables(sandbox.adapters.bucket, sourceId);
    expect(whole?.tables.map(({ table }) => table)).toEqual(['alunos']);
    expect(objectNames(sourceId).captures('x')).toBe(`${sourceId}/captures/x-a`);
  });
});
