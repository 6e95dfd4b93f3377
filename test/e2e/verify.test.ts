import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { verifySettings } from '../../src/composition/adapters.ts';
import type { Capture } from '../../src/pipeline/objects/capture.ts';
import type { SourceQueries } from '../../src/pipeline/ports/source-queries.ts';
import { captureQueries } from '../../src/pipeline/source/captures.ts';
import { takeChecksums } from '../../src/pipeline/source/checksums.ts';
import { readServer } from '../../src/pipeline/source/server.ts';
import { sessionStatements } from '../../src/pipeline/source/session.ts';
import type { VerifyInput } from '../../src/pipeline/verify/decide-table.ts';
import { verifyTables } from '../../src/pipeline/verify/verify.ts';
import { command } from '../support/commands.ts';
import { openQuickSandbox } from '../support/quick-sandbox.ts';
import { loadObject } from '../support/samples.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { pause } from '../support/wait.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await openSandbox({ INGEST_CONCURRENCY: '2' }, 'source: { fingerprint: checksum }');
  await sandbox.admin.query(`
    CREATE TABLE notas (id INT PRIMARY KEY, texto VARCHAR(50), dia DATE, valor DECIMAL(9,2), b VARBINARY(9), j JSON, f FLOAT);
    INSERT INTO notas VALUES (1, 'ação''s', '0000-00-00', 1.50, x'00ff', '{"a":[1,null]}', 0.1), (2, NULL, NULL, NULL, NULL, NULL, NULL);
    INSERT INTO notas SELECT id + 2, texto, dia, valor, b, j, f FROM notas; CREATE TABLE vazia (id INT PRIMARY KEY);
    CREATE TABLE nova (id INT PRIMARY KEY)`);
  await pause(2_500);
  await sandbox.start(['worker']);
  expect(await sandbox.run(['notas', 'vazia'])).toMatchObject({ status: 'succeeded', loaded: 2 });
});
afterAll(() => sandbox?.close());

/** The source as it looks after a restart. */
function restarted(sourceQueries: SourceQueries): SourceQueries {
  const boot = { rows: [{ boot_epoch: '1' }] };
  return {
    ...sourceQueries,
    capture: async (request) => {
      const capture: Capture = await sourceQueries.capture(request);
      return capture['boot'] ? { ...capture, boot } : capture;
    },
  };
}

const input = (): VerifyInput => ({
  runId: 'r',
  only: null,
  isForced: false,
  loadingElsewhere: new Set(),
  pauses: { version: 1, all: null, tables: [] },
  now: new Date(),
});

async function decisions(
  sourceQueries = sandbox.adapters.sourceQueries,
  { config, adapters }: Sandbox = sandbox,
) {
  const { tables } = await verifyTables(input(), verifySettings(config), { ...adapters, sourceQueries });
  return Object.fromEntries(tables.map(({ decided }) => [decided.table, decided.reason]));
}

/** A command, without the sandbox's adutora.yml. */
const why = (...args: string[]) => command(['why', ...args], sandbox.env);

it('NULL proves nothing while a general tablespace holds tables that nobody can count', async () => {
  const held = async () => {
    const queries = captureQueries({ schemas: [sandbox.schema] });
    return readServer(await sandbox.adapters.sourceQueries.capture({ session: sessionStatements(), queries }))
      .holdsWholeDictionary;
  };
  const space = `s_${sandbox.schema}`;
  expect(await held()).toBe(true);
  await sandbox.admin.query(`CREATE TABLESPACE ${space} ADD DATAFILE '${space}.ibd'`);
  try {
    expect(await held()).toBe(false);
  } finally {
    await sandbox.admin.query(`DROP TABLESPACE ${space}`);
  }
});

describe('a table whose state is unknown', () => {
  it('is skipped where its checksum in MySQL equals that of the rows Spark staged', async () => {
    expect(await decisions()).toEqual({ notas: 'unchanged', vazia: 'unchanged', nova: 'never_loaded' });
    expect(await decisions(restarted(sandbox.adapters.sourceQueries))).toMatchObject({
      notas: 'unchanged_fingerprint',
      vazia: 'unchanged_fingerprint',
    });
  });

  it('is explained, with both signatures side by side', async () => {
    const { code, stdout } = await why('table=notas');
    expect(code).toBe(0);
    expect(stdout).toMatch(/Last decision: load, forced, run manual-.*: loaded, by dataproc, 4 rows/);
    expect(stdout).toMatch(/= +updateTime +\d{4}-.* +\d{4}-/);
    expect(stdout).toContain('Now: skip, unchanged.');
    expect((await why('table=nota')).stderr).toContain('Did you mean');
    expect((await why()).stderr).toContain('Which table?');
    const shape = JSON.parse((await command(['schema', 'table=vazia', '--json'], sandbox.env)).stdout);
    expect(shape).toMatchObject({ select: expect.stringContaining('AS c0'), columns: [{ name: 'id' }] });
    const nova = JSON.parse((await why('table=nova', '--json')).stdout);
    expect(nova).toMatchObject({ last_decision: null, before: null, now: { reason: 'never_loaded' } });
  });

  it('loads where a row differs, and where a row is doubled', async () => {
    await sandbox.admin.query("INSERT INTO vazia VALUES (7); UPDATE notas SET texto = 'x' WHERE id = 4");
    await pause(2_500);
    const { sourceQueries } = sandbox.adapters;
    const unwritten: SourceQueries = {
      ...restarted(sourceQueries),
      capture: async (request) => {
        const capture = await restarted(sourceQueries).capture(request);
        const tables = capture['tables'];
        if (!tables || !('rows' in tables)) return capture;
        return {
          ...capture,
          tables: { rows: tables.rows.map((row) => ({ ...row, update_time: null, update_epoch: null })) },
        };
      },
    };
    expect(await decisions(unwritten)).toMatchObject({ notas: 'unknown_restart', vazia: 'unknown_restart' });
    const { stdout } = await why('table=notas');
    expect(stdout).toMatch(/≠ +updateTime/);
    expect(stdout).toContain('Now: load, changed_update_time.');
  });

  it('takes no checksum where a value is too long to be quoted, so that its change cannot hide', async () => {
    const { admin, adapters } = sandbox;
    const [[packet]] = (await admin.query('SELECT @@global.max_allowed_packet AS bytes')) as unknown as [
      { bytes: number }[],
    ];
    await admin.query('SET GLOBAL max_allowed_packet = 1048576');
    try {
      await admin.query(`CREATE TABLE longa (id INT PRIMARY KEY, t LONGTEXT);
        INSERT INTO longa VALUES (1, REPEAT('''', 700000))`);
      const columns = [{ ...loadObject().columns[0]!, expression: 'CAST(`id` AS CHAR)' }];
      const long = { ...columns[0]!, expression: '`t`' };
      const { tables } = await verifyTables(input(), verifySettings(sandbox.config), adapters);
      const identity = tables[0]?.signature.server ?? '';
      const source = { schema: sandbox.schema, table: 'longa' };
      const taken = async (wanted: typeof columns, at = identity) => [
        ...(
          await takeChecksums([{ table: source, columns: wanted }], {
            queries: adapters.sourceQueries,
            identity: at,
          })
        ).values(),
      ];
      expect(await taken(columns)).toEqual([expect.stringMatching(/^1:\d+:\d+$/)]);
      expect(await taken([...columns, long])).toEqual([null]);
      await expect(taken(columns, 'uuid:of-another-server')).rejects.toMatchObject({
        code: 'SOURCE_MOVED',
        isTransient: true,
      });
    } finally {
      await admin.query(`DROP TABLE longa; SET GLOBAL max_allowed_packet = ${packet?.bytes}`);
    }
  });

  it('loads where history holds a signature that nobody can read, and says so', async () => {
    const { HISTORY_DATASET, HISTORY_TABLE, GOOGLE_CLOUD_PROJECT } = sandbox.config.settings;
    const table = `\`${GOOGLE_CLOUD_PROJECT}.${HISTORY_DATASET}.${HISTORY_TABLE}\``;
    await sandbox.adapters.query(
      `UPDATE ${table} SET signature = PARSE_JSON('{"version":1,"server":7}') WHERE source_id = '${sandbox.config.settings.SOURCE_ID}'`,
    );
    const { stdout } = await why('table=vazia');
    expect(stdout).toContain('holds a signature that cannot be read: treated as never loaded');
    expect(stdout).toContain('Now: load, never_loaded.');
  });
});

it('loads what a person has changed in BigQuery', async () => {
  const own = await openQuickSandbox();
  onTestFinished(() => own.close());
  await own.admin.query(`CREATE TABLE notas (id INT PRIMARY KEY, texto VARCHAR(50)); INSERT INTO notas VALUES (1, 'a');
    CREATE TABLE vazia (id INT PRIMARY KEY); INSERT INTO vazia VALUES (7)`);
  await pause(2_500);
  await own.start(['worker']);
  expect(await own.run(['notas', 'vazia'])).toMatchObject({ status: 'succeeded', loaded: 2 });
  const decided = () => decisions(own.adapters.sourceQueries, own);
  expect(await decided()).toMatchObject({ notas: 'unchanged', vazia: 'unchanged' });
  const table = (name: string) => `\`${own.schema}.${name}\``;
  await own.adapters.query(`UPDATE ${table('notas')} SET texto = 'de uma pessoa' WHERE id = 1`);
  await own.adapters.query(`DELETE FROM ${table('vazia')} WHERE id = 7`);
  expect(await decided()).toMatchObject({ notas: 'destination_differs', vazia: 'destination_differs' });
});
