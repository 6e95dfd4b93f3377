import type { Flavour } from '../column-mapping/canonical-text.ts';
import { LoadError } from '../load-error.ts';
import type { Capture, TextRow } from '../objects/capture.ts';

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
  /** Places that every table, partition and table of the system want in that cache, and how many it has; null where the server does not tell. */
  dictionary: { wanted: number; places: number } | null;
  /** `innodb_read_only`: a reader of a cluster. Others write, and this server does not know when. */
  isReader: boolean;
  /** Start of the oldest open transaction that counts (seconds since 1970), null if none is open. */
  oldestTransaction: number | null;
  /** False without PROCESS: then open transactions are not visible. */
  seesTransactions: boolean;
}

/** InnoDB's own tables in the `mysql` schema take places in the cache too, and have no tablespace each. */
const SYSTEM_TABLES = 150;

/** The rows of a query of the capture; none where it was optional and refused. */
export function rowsOf(capture: Capture, name: string): TextRow[] {
  const answer = capture[name];
  return answer && 'rows' in answer ? answer.rows : [];
}

/** Reads the server's part of a capture. Throws `SOURCE_QUERY_FAILED` where identity or boot epoch are not to be had. */
export function readServer(capture: Capture): ServerFacts {
  const variables = new Map(
    rowsOf(capture, 'server').map((row) => [(row['Variable_name'] ?? '').toLowerCase(), row['Value'] ?? '']),
  );
  const version = variables.get('version') ?? '';
  const flavour = /mariadb/i.test(`${version} ${variables.get('version_comment') ?? ''}`)
    ? 'mariadb'
    : 'mysql';
  const bootEpoch =
    rowsOf(capture, 'boot')[0]?.['boot_epoch'] ?? rowsOf(capture, 'boot_mariadb')[0]?.['boot_epoch'];
  if (!bootEpoch)
    throw new LoadError('SOURCE_QUERY_FAILED', 'The server does not tell its uptime.', {
      context: { answer: capture['boot'] },
    });
  const transactions = capture['open_transactions'];
  const seesTransactions = Boolean(transactions && 'rows' in transactions);
  const oldest = rowsOf(capture, 'open_transactions')[0]?.[
    flavour === 'mysql' ? 'oldest_writer_epoch' : 'oldest_epoch'
  ];
  const dictionary = readDictionary(capture, Number(variables.get('table_definition_cache') ?? 0));
  return {
    identity: identityOf(variables),
    bootEpoch,
    version,
    flavour,
    holdsWholeDictionary: dictionary !== null && dictionary.wanted < dictionary.places,
    dictionary,
    isReader: ['on', '1'].includes((variables.get('innodb_read_only') ?? '').toLowerCase()),
    oldestTransaction: oldest ? Number(oldest) : null,
    seesTransactions,
  };
}

function identityOf(variables: ReadonlyMap<string, string>): string {
  const of = (kind: string, name: string) => (variables.get(name) ? `${kind}:${variables.get(name)}` : null);
  const own = of('aurora', 'aurora_server_id') ?? of('uuid', 'server_uuid') ?? of('uid', 'server_uid');
  return (
    own ?? `host:${[variables.get('hostname'), variables.get('port'), variables.get('server_id')].join('/')}`
  );
}

function readDictionary(capture: Capture, places: number): ServerFacts['dictionary'] {
  const [row] = [...rowsOf(capture, 'dictionary'), ...rowsOf(capture, 'dictionary_mariadb')];
  const spaces = row?.['spaces'];
  if (!spaces || places === 0) return null;
  const visible = rowsOf(capture, 'tables').length + rowsOf(capture, 'partitions').length;
  return { wanted: Math.max(Number(spaces), visible) + SYSTEM_TABLES, places };
}
