import { LoadError } from '../errors/index.ts';
import type { Capture, CaptureAnswer } from '../objects/index.ts';
import { type Dictionary, holdsEverything, readDictionary } from './dictionary.ts';
import { rowsOf } from './rows-of.ts';

/** Which dialect the server speaks. */
export type Flavour = 'mysql' | 'mariadb';

/** What a capture says about the server. */
export interface ServerFacts {
  /** `aurora:…`, `uuid:…`, `uid:…` or `host:…`. */
  identity: string;
  /** Seconds since 1970. */
  bootEpoch: string;
  version: string;
  flavour: Flavour;
  /** True where InnoDB's dictionary cache holds every table and partition, so that no UPDATE_TIME can have been evicted. */
  holdsWholeDictionary: boolean;
  /** What wants a place in that cache; null where the server does not tell. */
  dictionary: Dictionary | null;
  /** `innodb_read_only`: a reader of a cluster. Others write, and this server does not know when. */
  isReader: boolean;
  /** Start of the oldest open transaction that counts (seconds since 1970), null if none is open. */
  oldestTransaction: number | null;
  /** False without PROCESS: then open transactions are not visible. */
  seesTransactions: boolean;
  /** False where the server refuses its tablespaces for want of PROCESS: then no table can be proven unchanged. */
  seesStorage: boolean;
  /** Who asks, as a GRANT names it: `'adutora'@'%'`; null where the server does not tell. */
  user: string | null;
  /** `lower_case_table_names` is not 0: `Academico` and `academico` are one schema. */
  foldsCase: boolean;
  /** Whether the settle rule is trusted alone: on MySQL, whose stamp is the commit, and only where PROCESS is what is missing. */
  trustsSettleRule: boolean;
}

/** The server's answer to who lacks PROCESS. Any other refusal says nothing about what is open. */
const PROCESS_DENIED = 1227;

/** Reads the server's part of a capture. Throws `SOURCE_QUERY_FAILED` where identity or boot epoch are not to be had. */
export function readServer(capture: Capture): ServerFacts {
  const variables = variablesOf(capture);
  const version = variables.get('version') ?? '';
  const flavour = /mariadb/i.test(`${version} ${variables.get('version_comment') ?? ''}`)
    ? 'mariadb'
    : 'mysql';
  const bootEpoch =
    rowsOf(capture, 'boot')[0]?.['boot_epoch'] ?? rowsOf(capture, 'boot_mariadb')[0]?.['boot_epoch'];
  if (!bootEpoch)
    throw new LoadError('SOURCE_QUERY_FAILED', 'The server did not report its uptime.', {
      context: { answer: capture['boot'] },
    });
  const transactions = capture['open_transactions'];
  const seesTransactions = Boolean(transactions && 'rows' in transactions);
  const oldest = rowsOf(capture, 'open_transactions')[0]?.[
    flavour === 'mysql' ? 'oldest_writer_epoch' : 'oldest_epoch'
  ];
  const dictionary = readDictionary(capture, variables);
  return {
    identity: identityOf(variables),
    bootEpoch,
    version,
    flavour,
    holdsWholeDictionary: holdsEverything(dictionary),
    dictionary,
    isReader: ['on', '1'].includes((variables.get('innodb_read_only') ?? '').toLowerCase()),
    oldestTransaction: oldest ? Number(oldest) : null,
    seesTransactions,
    seesStorage: !isProcessDenied(capture[flavour === 'mysql' ? 'tablespaces' : 'tablespaces_mariadb']),
    user: quotedUser(rowsOf(capture, 'user')[0]?.['user']),
    foldsCase: foldsCaseOf(capture),
    trustsSettleRule: flavour === 'mysql' && isProcessDenied(transactions),
  };
}

function variablesOf(capture: Capture): ReadonlyMap<string, string> {
  return new Map(
    rowsOf(capture, 'server').map((row) => [(row['Variable_name'] ?? '').toLowerCase(), row['Value'] ?? '']),
  );
}

/** Whether letter case does not count in names of schemas and tables (`lower_case_table_names` 1 or 2). */
export function foldsCaseOf(capture: Capture): boolean {
  return !['', '0'].includes(variablesOf(capture).get('lower_case_table_names') ?? '');
}

function isProcessDenied(answer: CaptureAnswer | undefined): boolean {
  return answer !== undefined && 'errno' in answer && answer.errno === PROCESS_DENIED;
}

/** `adutora@%` → `'adutora'@'%'`. */
function quotedUser(user: string | null | undefined): string | null {
  const at = user?.lastIndexOf('@') ?? -1;
  if (!user || at < 0) return null;
  return [user.slice(0, at), user.slice(at + 1)].map((part) => `'${part.replaceAll("'", "''")}'`).join('@');
}

/** What a person who may do everything types to let this user see what verify lives on. */
export function processGrant({ user }: Pick<ServerFacts, 'user'>): string {
  return `GRANT PROCESS ON *.* TO ${user ?? 'MYSQL_USER'};`;
}

function identityOf(variables: ReadonlyMap<string, string>): string {
  const of = (kind: string, name: string) => (variables.get(name) ? `${kind}:${variables.get(name)}` : null);
  const own = of('aurora', 'aurora_server_id') ?? of('uuid', 'server_uuid') ?? of('uid', 'server_uid');
  return (
    own ?? `host:${[variables.get('hostname'), variables.get('port'), variables.get('server_id')].join('/')}`
  );
}
