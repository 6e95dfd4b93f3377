/**
 * The closed list of reasons, with the sentence people read. docs/reasons.md is generated from it.
 */
export const REASONS = {
  never_loaded: 'It has never been loaded, as far as history can tell.',
  forced: 'A person asked for it.',
  changed_update_time: 'Rows were written since the last load (UPDATE_TIME differs).',
  changed_create_time: 'The table was made again or rebuilt (CREATE_TIME differs).',
  changed_storage: 'Its storage was replaced: TRUNCATE, partition operation or swap.',
  changed_columns: 'Its columns, keys or partitions changed.',
  changed_config: 'The configuration of what arrives changed.',
  destination_missing: 'The destination is not there.',
  destination_differs: 'The destination is not as our last load left it.',
  unknown_locked: 'The table was locked at the last look: the load looks again, and waits until it is free.',
  unknown_restart: 'The server has restarted since the last load; whether rows were written is not known.',
  unknown_server: 'The last load came from another server.',
  unknown_evicted: 'The server has forgotten when rows were last written.',
  unknown_recent: 'Rows were written moments before the last look, so the stamp proves nothing.',
  unknown_open_transaction: 'A transaction was open at the last look, so the stamp proves nothing.',
  unknown_no_signal: 'The server gives no sign of writes for this table.',
  stale: 'The last load is older than maxStaleness, or its signature is not at hand.',
  unchanged: 'Nothing has changed since the last load, proven.',
  unchanged_fingerprint: 'Nothing has changed since the last load, proven by a checksum.',
  already_loading: 'Another run is loading it.',
  paused: 'It is paused.',
  restored: 'A person put the destination back to an earlier time.',
  excluded: 'A rule excludes it.',
  gone_from_listing:
    'It was loaded before, and the server lists it no more: dropped, renamed, or hidden from MYSQL_USER: check the grants.',
} as const satisfies Record<string, string>;

export type Reason = keyof typeof REASONS;
export type Decision = 'load' | 'skip';
