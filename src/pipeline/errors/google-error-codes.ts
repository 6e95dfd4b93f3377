import { type ErrorKind, terminal, transient } from './error-kind.ts';

const CHECK_NETWORK =
  'Check the network, and the stand-in settings if any are set (docs/configuration.md); workers try again by themselves.';

/** Codes of Dataproc, Cloud Storage, BigQuery and Secret Manager; part of `ERROR_KINDS`. */
export const GOOGLE_ERROR_KINDS = {
  // Dataproc
  DATAPROC_UNAVAILABLE: transient('Dataproc did not answer.', CHECK_NETWORK, 3),
  DATAPROC_QUOTA: transient(
    'A quota of Dataproc is used up for now.',
    'It is tried again later. Lower DATAPROC_SUBMITS_PER_MINUTE or INGEST_CONCURRENCY, or have the quota raised.',
    3,
  ),
  DATAPROC_DENIED: terminal('Dataproc refused the call.', 'Check the roles of the service account.', 3),
  CLUSTER_MISSING: terminal(
    'The Dataproc cluster is not there.',
    'Check DATAPROC_CLUSTER, DATAPROC_REGION and GOOGLE_CLOUD_PROJECT, or create it.',
    3,
  ),
  CLUSTER_STOPPED: terminal(
    'The Dataproc cluster takes no jobs: it is stopped, being deleted or broken.',
    'Start it: gcloud dataproc clusters start CLUSTER --region REGION; then load again.',
    3,
  ),
  CLUSTER_STARTING: transient('The Dataproc cluster takes no jobs yet.', 'It is tried again.', 3),
  CLUSTER_FULL: transient(
    'The Dataproc job waited past its limit for a place on the cluster and was cancelled.',
    'The cluster has no capacity: end what fills it, enlarge it, or lower INGEST_CONCURRENCY.',
  ),
  DATAPROC_INVALID: terminal('Dataproc refused the job as invalid.', 'See the message.'),
  REMOTE_FAILED: transient('The Dataproc job failed.', 'See the driver output and the link to the job.'),
  CLUSTER_LOST: transient(
    'The cluster, or the agent on it, went away under the Dataproc job.',
    'It is tried again; see whether the cluster was stopped, deleted, or short of memory.',
  ),
  REMOTE_CANCELLED: transient(
    'The Dataproc job was cancelled by someone.',
    'It is tried again; pause the table if it should not be.',
  ),
  REMOTE_DEADLINE: transient(
    'The Dataproc job passed its deadline and was cancelled.',
    'Raise REMOTE_DEADLINE, or read the table in partitions.',
  ),
  NAME_TAKEN: terminal(
    'A job of our name is not ours.',
    'Another installation uses this SOURCE_ID, or somebody made the job by hand.',
  ),

  // Google storage and BigQuery
  STAGE_UNAVAILABLE: transient('Cloud Storage did not answer.', CHECK_NETWORK, 3),
  STAGE_DENIED: terminal(
    'Cloud Storage refused the call.',
    'Check the roles of the service account on the bucket.',
    3,
  ),
  BUCKET_MISSING: terminal('The bucket is not there.', 'Check GCS_BUCKET, or create the bucket.', 3),
  OBJECT_INVALID: terminal(
    'An object in the bucket is not what it should be.',
    'It was altered by hand or by another version; delete it or restore it.',
  ),
  CODE_ALTERED: terminal(
    'Spark code or the MySQL driver in the bucket is not what Adutora put there; nothing was started.',
    'Find out who wrote it: Spark would run it with the password of MySQL. Then remove that object (or its folder) and load again: it is uploaded anew.',
  ),
  DESTINATION_UNAVAILABLE: transient('BigQuery did not answer.', CHECK_NETWORK, 3),
  DESTINATION_DENIED: terminal(
    'BigQuery refused the call.',
    'Check the roles of the service account on the dataset.',
    3,
  ),
  DESTINATION_INVALID: terminal('BigQuery refused the request as invalid.', 'See the message.'),
  DATASET_LOCATION: terminal(
    'The dataset is in another location than BIGQUERY_LOCATION.',
    'Correct BIGQUERY_LOCATION, or use another dataset.',
    3,
  ),
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
  HISTORY_INCOMPATIBLE: terminal(
    'The history table has columns that cannot hold our rows.',
    'Name another table in HISTORY_TABLE.',
  ),
  SECRET_UNAVAILABLE: transient('Secret Manager did not answer.', CHECK_NETWORK, 3),
  SECRET_DENIED: terminal(
    'Secret Manager refused to give a secret.',
    'Give the service account the role Secret Manager Secret Accessor on it.',
    3,
  ),
  SECRET_MISSING: terminal(
    'The secret, or this version of it, is not there or is disabled.',
    'Check the name and the version in MYSQL_PASSWORD_SECRET or MASK_KEY_SECRET.',
    3,
  ),
} as const satisfies Record<string, ErrorKind>;
