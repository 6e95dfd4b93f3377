import { plural, type TableRef, tableLabel } from '../names/index.ts';
import type { Capture, SourceAddress, SourceQuery } from '../objects/index.ts';
import {
  answerOf,
  askEach,
  cacheAdvice,
  cipher,
  clock,
  holdsEverything,
  lockHolders,
  mayWrite,
  pick,
  processGrant,
  readServer,
  role,
  type ServerFacts,
  schemas as schemasQuestion,
  tableProbe,
  tables as tablesQuestion,
  toQuery,
  untoldMessages,
} from '../source/index.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

const MAX_SKEW_S = 5;
const LOCK_WAIT_TIMEOUT = 1205;
const LONG_TRANSACTION_S = 3_600;

const LOOK = pick(
  'server',
  'boot',
  'boot_mariadb',
  'schemas',
  'tables',
  'tables_warnings',
  'open_transactions',
  'user',
  'tablespaces',
  'tablespaces_mariadb',
  'dictionary',
  'dictionary_mariadb',
  'partitions',
  'locks',
  'locks_mariadb',
  'locks_waiting',
);

/** The SELECTs of a look at the source. */
export function doctorQueries(schemas: readonly string[]): SourceQuery[] {
  const own = [cipher, role, clock, mayWrite].map((question) => toQuery(question, null));
  return [...own, ...LOOK({ schemas })];
}

/** One SELECT a table that reads nothing: the server refuses it without the privilege. */
export function selectProbes(tables: readonly TableRef[]): SourceQuery[] {
  return askEach(tableProbe, tables).queries;
}

/**
 * Tables that the server could not open, or that a SELECT waits for; empty where there are none.
 */
export function judgeLocks(tables: readonly TableRef[], capture: Capture, answers: Capture): Finding[] {
  const probes = askEach(tableProbe, tables).read(answers);
  const untold = untoldMessages(capture);
  const isUnopened = answerOf(capture, tablesQuestion).map(({ comment }) => untold.get(comment)?.isLocked);
  const locked = tables.filter((_, index) => probes[index]?.errno === LOCK_WAIT_TIMEOUT || isUnopened[index]);
  const [first] = locked;
  if (!first) return [];
  return [
    warn(
      'mysql.locks',
      `${locked.length} of ${plural(tables.length, 'table')} locked, such as ${tableLabel(first)} is locked: ${lockHolders(capture, first)}.`,
      'Their loads wait and look again; end the session that holds the lock if it is not to be: KILL …',
    ),
  ];
}

export function judgeSelects(tables: readonly TableRef[], answers: Capture): Finding {
  const probes = askEach(tableProbe, tables).read(answers);
  const refused = tables.filter(
    (_, index) => ![null, LOCK_WAIT_TIMEOUT].includes(probes[index]?.errno ?? null),
  );
  if (refused.length === 0) return ok('mysql.select', `${plural(tables.length, 'table')} may be read`);
  const [first] = refused;
  return fail(
    'mysql.select',
    `${refused.length} of ${plural(tables.length, 'table')} may not be read, such as ${first ? tableLabel(first) : ''}`,
    'GRANT SELECT ON the schemas to MYSQL_USER.',
  );
}

/** This machine's clock before a capture and after it. */
export interface AskedBetween {
  from: Date;
  to: Date;
}

/** Everything one capture tells. */
export function judgeMysql(
  capture: Capture,
  context: { schemas: readonly string[]; tlsMode: SourceAddress['tls']['mode']; asked: AskedBetween },
): Finding[] {
  const server = readServer(capture);
  const name = `${server.flavour === 'mariadb' ? 'MariaDB' : 'MySQL'} ${server.version} (${server.identity})`;
  return [
    ok('mysql.reachable', name),
    judgeTls(capture, context.tlsMode),
    judgeRole(capture),
    judgeClock(capture, context.asked),
    judgeProcess(server),
    judgeWrites(capture),
    judgeTransactions(server.oldestTransaction, context.asked.to),
    judgeDictionary(server),
    ...judgeSchemas(capture, context.schemas),
  ];
}

function judgeTls(capture: Capture, mode: SourceAddress['tls']['mode']): Finding {
  const found = answerOf(capture, cipher);
  if (!found)
    return mode === 'disabled'
      ? ok('mysql.tls', 'not encrypted; MYSQL_TLS=disabled, on the loopback interface')
      : fail('mysql.tls', 'the connection is not encrypted', 'Set MYSQL_TLS=verify-identity.');
  if (mode === 'required')
    return warn(
      'mysql.tls',
      `encrypted, ${found}, to a server that was not verified`,
      'Set MYSQL_TLS=verify-identity with MYSQL_TLS_CA (docs/security.md).',
    );
  return ok('mysql.tls', `encrypted, ${found}; MYSQL_TLS=${mode}`);
}

function judgeRole(capture: Capture): Finding {
  const found = answerOf(capture, role);
  if (!found)
    return warn(
      'mysql.role',
      'the server does not tell whether it is a reader',
      'Make sure that MYSQL_HOST is the writer.',
    );
  if (found === 'replica')
    return ok(
      'mysql.role',
      'a replica (read_only): it knows its own writes, and what it lags behind loads later',
    );
  if (found === 'writer') return ok('mysql.role', 'a writer');
  return fail(
    'mysql.role',
    'a reader: it does not know when rows were written, and every table would load each night',
    'Point MYSQL_HOST at the writer (cluster) endpoint.',
  );
}

/**
 * The server told its time somewhere between the two of this machine: only what lies outside is
 * certain to be off. A slow look tells less, and blames no clock.
 */
function judgeClock(capture: Capture, asked: AskedBetween): Finding {
  const theirs = answerOf(capture, clock);
  if (theirs === null)
    return warn('mysql.clock', 'the server did not report its time', 'Check its clock by hand.');
  const [from, to] = [asked.from.getTime() / 1_000, asked.to.getTime() / 1_000];
  const skew = theirs - (from + to) / 2;
  const doubt = (to - from) / 2;
  const shown = `${skew >= 0 ? '+' : '−'}${Math.abs(skew).toFixed(1)} s (± ${doubt.toFixed(1)} s) against this machine`;
  if (Math.abs(skew) - doubt <= MAX_SKEW_S) return ok('mysql.clock', shown);
  return warn(
    'mysql.clock',
    shown,
    'Run NTP on this machine. Decisions use the server clock alone; times in history would be off.',
  );
}

/**
 * MySQL 9 shows tablespaces to who has PROCESS alone, MariaDB always did: without them nothing is
 * ever proven unchanged.
 */
function judgeProcess(server: ServerFacts): Finding {
  if (!server.seesStorage)
    return fail(
      'mysql.process',
      'tablespaces are not visible: MYSQL_USER lacks PROCESS, and every table loads each night',
      processGrant(server),
    );
  if (server.seesTransactions) return ok('mysql.process', 'open transactions are visible');
  const text = 'open transactions are not visible: MYSQL_USER lacks PROCESS';
  return server.flavour === 'mysql'
    ? warn(
        'mysql.process',
        `${text}; a transaction longer than SETTLE_SECONDS that commits in the moment of the look may be missed until the next write`,
        processGrant(server),
      )
    : fail('mysql.process', `${text}; on MariaDB nothing is ever known without it`, processGrant(server));
}

function judgeWrites(capture: Capture): Finding {
  if (!answerOf(capture, mayWrite)) return ok('mysql.grants', 'reading only');
  return warn('mysql.grants', 'MYSQL_USER may write', 'SELECT and PROCESS are enough; take the rest away.');
}

function judgeTransactions(oldest: number | null, at: Date): Finding {
  const age = oldest === null ? 0 : at.getTime() / 1_000 - oldest;
  if (age < LONG_TRANSACTION_S)
    return ok(
      'mysql.transactions',
      oldest === null ? 'none with writes is open' : `the oldest with writes is ${Math.round(age)} s old`,
    );
  return warn(
    'mysql.transactions',
    `one with writes is open for ${(age / 3_600).toFixed(1)} h`,
    'Every table written since it began is unknown, and loads each night. End it: SELECT trx_mysql_thread_id FROM information_schema.innodb_trx ORDER BY trx_started LIMIT 1; KILL …',
  );
}

function judgeDictionary(server: ServerFacts): Finding {
  const { dictionary } = server;
  if (!dictionary)
    return warn(
      'mysql.dictionary',
      'the server does not tell how many tables it has: tables not written since the last restart look unknown, and load each night',
      processGrant(server),
    );
  const { wanted, places } = dictionary;
  const shown = `table_definition_cache ${places} for ${wanted} tables and partitions of the server, its own included`;
  if (holdsEverything(dictionary)) return ok('mysql.dictionary', shown);
  return warn(
    'mysql.dictionary',
    `${shown}: tables not written since the last restart look unknown, and load each night`,
    cacheAdvice(dictionary),
  );
}

function judgeSchemas(capture: Capture, schemas: readonly string[]): Finding[] {
  const present = new Set(answerOf(capture, schemasQuestion).map((schema) => schema.toLowerCase()));
  const tables = answerOf(capture, tablesQuestion);
  return schemas.map((schema) => {
    if (!present.has(schema.toLowerCase()))
      return fail(
        'mysql.schemas',
        `${schema} is not there, or not visible`,
        'Check MYSQL_SCHEMAS (case counts) and the grants.',
      );
    const own = tables.filter((table) => table.schema.toLowerCase() === schema.toLowerCase());
    const foreign = own.filter(({ storageEngine }) => storageEngine.toLowerCase() !== 'innodb').length;
    if (own.length === 0)
      return warn(
        'mysql.schemas',
        `${schema} has no tables that MYSQL_USER may see`,
        'Check MYSQL_SCHEMAS and the grants.',
      );
    const others = foreign > 0 ? `, ${foreign} not InnoDB: those load each night` : '';
    return ok('mysql.schemas', `${schema}: ${plural(own.length, 'table')}${others}`);
  });
}
