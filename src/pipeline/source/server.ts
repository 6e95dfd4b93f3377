import { LoadError } from '../errors/index.ts';
import type { Capture, Flavour } from '../objects/index.ts';
import { type Dictionary, holdsEverything, readDictionary } from './dictionary.ts';
import { answerOf, errnoOf } from './question.ts';
import {
  boot,
  bootMariadb,
  openTransactions,
  server,
  tablespaces,
  tablespacesMariadb,
  user,
} from './questions/index.ts';

/** What a capture says about the server. */
export interface ServerFacts {
  /** `aurora:…`, `uuid:…`, `uid:…` or `host:…`. */
  identity: string;
  /** Seconds since 1970. */
  bootEpoch: string;
  version: string;
  flavour: Flavour;
  /**
   * True where InnoDB's dictionary cache holds every table and partition, so that no UPDATE_TIME
   * can have been evicted.
   */
  holdsWholeDictionary: boolean;
  /** What wants a place in that cache; null where the server does not tell. */
  dictionary: Dictionary | null;
  /**
   * `innodb_read_only`: a reader of a cluster. Others write, and this server does not know when.
   */
  isReader: boolean;
  /**
   * Start of the oldest open transaction that counts (seconds since 1970), null if none is open.
   */
  oldestTransaction: number | null;
  /** False without PROCESS: then open transactions are not visible. */
  seesTransactions: boolean;
  /**
   * False where the server refuses its tablespaces for want of PROCESS: then no table can be proven
   * unchanged.
   */
  seesStorage: boolean;
  /** Who asks, as a GRANT names it: `'adutora'@'%'`; null where the server does not tell. */
  user: string | null;
  /** `lower_case_table_names` is not 0: `Academico` and `academico` are one schema. */
  foldsCase: boolean;
  /**
   * Whether the settle rule is trusted alone: on MySQL, whose stamp is the commit, and only where
   * PROCESS is what is missing.
   */
  trustsSettleRule: boolean;
}

/** The server's answer to who lacks PROCESS. Any other refusal says nothing about what is open. */
const PROCESS_DENIED = 1227;

/**
 * Reads the server's part of a capture. Throws `SOURCE_QUERY_FAILED` where identity or boot epoch
 * are not to be had.
 */
export function readServer(capture: Capture): ServerFacts {
  const variables = answerOf(capture, server);
  const version = variables.get('version') ?? '';
  const flavour = /mariadb/i.test(`${version} ${variables.get('version_comment') ?? ''}`)
    ? 'mariadb'
    : 'mysql';
  const bootEpoch = answerOf(capture, boot) ?? answerOf(capture, bootMariadb);
  if (!bootEpoch)
    throw new LoadError('SOURCE_QUERY_FAILED', 'The server did not report its uptime.', {
      context: { answer: capture[boot.name] },
    });
  const { oldest, oldestWriter } = answerOf(capture, openTransactions);
  const refusedTransactions = errnoOf(capture, openTransactions);
  const dictionary = readDictionary(capture, variables);
  return {
    identity: identityOf(variables),
    bootEpoch,
    version,
    flavour,
    holdsWholeDictionary: holdsEverything(dictionary),
    dictionary,
    isReader: ['on', '1'].includes((variables.get('innodb_read_only') ?? '').toLowerCase()),
    oldestTransaction: flavour === 'mysql' ? oldestWriter : oldest,
    seesTransactions: openTransactions.name in capture && refusedTransactions === null,
    seesStorage: errnoOf(capture, flavour === 'mysql' ? tablespaces : tablespacesMariadb) !== PROCESS_DENIED,
    user: quotedUser(answerOf(capture, user)),
    foldsCase: foldsCaseOf(capture),
    trustsSettleRule: flavour === 'mysql' && refusedTransactions === PROCESS_DENIED,
  };
}

/**
 * Whether letter case does not count in names of schemas and tables (`lower_case_table_names` 1 or
 * 2).
 */
export function foldsCaseOf(capture: Capture): boolean {
  return !['', '0'].includes(answerOf(capture, server).get('lower_case_table_names') ?? '');
}

/** `adutora@%` → `'adutora'@'%'`. */
function quotedUser(name: string | null): string | null {
  const at = name?.lastIndexOf('@') ?? -1;
  if (!name || at < 0) return null;
  return [name.slice(0, at), name.slice(at + 1)].map((part) => `'${part.replaceAll("'", "''")}'`).join('@');
}

/** What a person who may do everything types to let this user see what verify lives on. */
export function processGrant(facts: Pick<ServerFacts, 'user'>): string {
  return `GRANT PROCESS ON *.* TO ${facts.user ?? 'MYSQL_USER'};`;
}

function identityOf(variables: ReadonlyMap<string, string>): string {
  const of = (kind: string, name: string) => (variables.get(name) ? `${kind}:${variables.get(name)}` : null);
  const own = of('aurora', 'aurora_server_id') ?? of('uuid', 'server_uuid') ?? of('uid', 'server_uid');
  return (
    own ?? `host:${[variables.get('hostname'), variables.get('port'), variables.get('server_id')].join('/')}`
  );
}
