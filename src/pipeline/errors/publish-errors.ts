import { type ErrorKind, terminal, transient } from './error-kind.ts';

/** Codes of the publish, and of what people do about it. */
export const PUBLISH_ERRORS = {
  OVERTAKEN: transient(
    'Another load of the table has published, or is about to, while this one read: nobody knows whose rows are newer.',
    'The rows are read again, by a new attempt.',
  ),
  PUBLISH_FAILED: transient('The BigQuery load job failed.', 'It is tried again under the next number.'),
  PUBLISH_REJECTED: terminal('BigQuery rejected the rows.', 'See the message; the destination is as it was.'),
  LOADED_DIFFERS: terminal(
    'BigQuery loaded another number of rows than were staged.',
    'Load the table again; report it if it persists.',
  ),
  SCHEMA_CHANGE_PROTECTED: terminal(
    'The schema has changed and the destination has row access policies, or columns that Adutora never made, which a replace would drop.',
    'Change the destination by hand and put the policies back, or remove the policies.',
  ),
  SCHEMA_CHANGE_REFUSED: terminal(
    'The columns of the table have changed, and schemaChanges does not allow that.',
    'Allow it in adutora.yml (schemaChanges) and load again, or undo the change at the source.',
  ),
  PARTITIONING_DIFFERS: terminal(
    'The destination is partitioned otherwise than adutora.yml says, and that cannot be changed by a load.',
    'Drop the table in BigQuery, or set bigquery.recreate: true (not atomic), then load again; or take the rule back.',
  ),
  SHRUNK_TOO_MUCH: terminal(
    'The load would take away more rows than guard.maxShrink allows; nothing was published.',
    'If that is right, publish it: npm run accept -- run=… table=…',
  ),
  NOTHING_TO_ACCEPT: terminal(
    'There is no stage that the guard has stopped, or the destination has changed since.',
    'See npm run history -- table=…; load the table again if it should be loaded.',
    2,
  ),
  RESTORE_IMPOSSIBLE: terminal(
    'BigQuery does not have the table as it was at that time.',
    'Time travel reaches back seven days (or less, by dataset); choose a later time.',
  ),
} as const satisfies Record<string, ErrorKind>;
