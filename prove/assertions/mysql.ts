import { setTimeout as pause } from 'node:timers/promises';
import type { Assertion } from '../assertion.ts';
import type { ProveContext } from '../context.ts';
import { rowsOf } from '../tools/mysql.ts';
import { Disproved, expectSame, expectTrue, Undecided } from '../verdict.ts';

const NOT_AURORA = 'this MySQL is not Aurora';
const CLOCK_TOLERANCE_S = 10;
/** UPDATE_TIME has whole seconds: a write must fall into a later one. */
const NEXT_SECOND_MS = 1_100;

async function auroraId(context: ProveContext): Promise<string> {
  const [row] = await context.mysql().select("SHOW GLOBAL VARIABLES LIKE 'aurora\\_%'");
  const version = await context.mysql().select("SHOW GLOBAL VARIABLES LIKE 'aurora\\_version'");
  if (!row && version.length === 0) throw new Undecided(NOT_AURORA);
  const [found] = await context.mysql().select("SHOW GLOBAL VARIABLES LIKE 'aurora\\_server\\_id'");
  expectTrue(Boolean(found?.['value']), 'aurora_server_id is not shown');
  return found?.['value'] ?? '';
}

async function spacesWithoutProcess(context: ProveContext): Promise<string> {
  const { unprivileged, connect, select } = context.mysql();
  const query = 'SELECT COUNT(*) AS n FROM information_schema.innodb_tablespaces_brief';
  if (unprivileged) return `${(await rowsOf(await connect(unprivileged), query))[0]?.['n']} tablespaces`;
  const grants = (await select('SHOW GRANTS')).flatMap((row) => Object.values(row)).join('; ');
  if (/\b(PROCESS|ALL PRIVILEGES)\b/.test(grants))
    throw new Undecided('the user has PROCESS; try once more as one that has not');
  return `${(await select(query))[0]?.['n']} tablespaces`;
}

/**
 * A table of the scratch schema's, the connection that writes it and its facts as verify sees them.
 */
async function openScratch(context: ProveContext) {
  const { scratch, connect, mark, select } = context.mysql();
  if (!scratch) throw new Undecided('no --mysql-scratch was given');
  const writer = await connect(scratch.address);
  const name = `\`${scratch.schema}\`.\`${mark}\``;
  await writer.query(`CREATE TABLE IF NOT EXISTS ${name} (n INT PRIMARY KEY) ENGINE=InnoDB`);
  const where = `TABLE_SCHEMA = '${scratch.schema}' AND TABLE_NAME = '${mark}'`;
  return {
    write: (sql: string) => writer.query(sql.replace('{table}', name)),
    space: async () =>
      (
        await select(
          `SELECT SPACE AS space FROM information_schema.innodb_tablespaces_brief WHERE NAME = '${scratch.schema}/${mark}'`,
        )
      )[0]?.['space'] ?? null,
    updateTime: async () =>
      (await select(`SELECT UPDATE_TIME AS t FROM information_schema.TABLES WHERE ${where}`))[0]?.['t'] ??
      null,
  };
}

async function spaceMovesOnTruncate(context: ProveContext): Promise<string> {
  const { write, space } = await context.once('scratch', () => openScratch(context));
  await write('REPLACE INTO {table} VALUES (1)');
  const before = await space();
  await write('INSERT INTO {table} VALUES (2)');
  const inserted = await space();
  await write('TRUNCATE TABLE {table}');
  const truncated = await space();
  if (before === null) throw new Disproved('the table has no row in innodb_tablespaces_brief');
  expectSame(inserted, before, 'space id after an INSERT');
  expectTrue(truncated !== before, `space id stayed ${before} over a TRUNCATE`);
  return `${before} → ${truncated}`;
}

async function updateTimeIsCommitTime(context: ProveContext): Promise<string> {
  const { write, updateTime } = await context.once('scratch', () => openScratch(context));
  await write('REPLACE INTO {table} VALUES (3)');
  const before = await updateTime();
  if (before === null) throw new Disproved('UPDATE_TIME is NULL right after a write');
  await pause(NEXT_SECOND_MS);
  await write('START TRANSACTION');
  await write('REPLACE INTO {table} VALUES (4)');
  const open = await updateTime();
  await write('COMMIT');
  const after = await updateTime();
  expectSame(open, before, 'UPDATE_TIME while the transaction was open');
  expectTrue(after !== null && after > before, `UPDATE_TIME went from ${before} to ${after}`);
  return `${before} → ${after}`;
}

async function bootEpochIsConstant(context: ProveContext): Promise<string> {
  const query =
    "SELECT CAST(UNIX_TIMESTAMP() - VARIABLE_VALUE AS SIGNED) AS boot FROM performance_schema.global_status WHERE VARIABLE_NAME = 'UPTIME'";
  const seen = new Set<string>();
  for (let sample = 0; sample < 4; sample++) {
    seen.add((await context.mysql().select(query))[0]?.['boot'] ?? 'none');
    await pause(400);
  }
  expectSame([...seen].length, 1, `different values in one statement (${[...seen].join(', ')})`);
  return [...seen].join();
}

async function trxStartedIsInSystemZone(context: ProveContext): Promise<string> {
  const { select, connect, address } = context.mysql();
  const other = await connect(address);
  await other.query("SET SESSION time_zone = '+09:00'");
  await other.query('START TRANSACTION WITH CONSISTENT SNAPSHOT');
  const [row] = await select(
    `SELECT MAX(trx_started) AS shown, @@system_time_zone AS zone,
     ABS(TIMESTAMPDIFF(SECOND, CONVERT_TZ(MAX(trx_started), 'SYSTEM', '+00:00'), UTC_TIMESTAMP())) AS off_s
     FROM information_schema.innodb_trx`,
  ).finally(() => other.query('ROLLBACK'));
  if (row?.['shown'] === null)
    throw new Disproved('the open transaction is not shown (does the user have PROCESS?)');
  const offS = Number(row?.['off_s']);
  expectTrue(
    offS <= CLOCK_TOLERANCE_S,
    `${row?.['shown']} is ${offS} s off if read in zone ${row?.['zone']}`,
  );
  return `${row?.['shown']} in zone ${row?.['zone']}, ${offS} s off`;
}

export const MYSQL: readonly Assertion[] = [
  {
    id: 79,
    title: 'aurora_server_id is in SHOW GLOBAL VARIABLES',
    unproven: [16],
    check: auroraId,
  },
  {
    id: 80,
    title: 'innodb_tablespaces_brief is readable without PROCESS',
    unproven: [16],
    check: spacesWithoutProcess,
  },
  {
    id: 81,
    title: 'The space id changes on TRUNCATE, and not on INSERT',
    unproven: [16],
    check: spaceMovesOnTruncate,
  },
  {
    id: 82,
    title: 'UPDATE_TIME is known after a write, and moves at the commit, not before',
    unproven: [16],
    check: updateTimeIsCommitTime,
  },
  {
    id: 83,
    title: 'UNIX_TIMESTAMP() - Uptime in one statement is always the same',
    unproven: [16],
    check: bootEpochIsConstant,
  },
  {
    id: 84,
    title: "trx_started of innodb_trx is printed in the server's system zone",
    unproven: [17],
    check: trxStartedIsInSystemZone,
  },
].map((one) => ({ needsGoogle: null, ...one }));
