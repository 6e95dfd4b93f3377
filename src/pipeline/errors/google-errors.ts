import { type ErrorKind, terminal, transient } from './error-kind.ts';

const CHECK_NETWORK =
  'Check the network, and the stand-in settings if any are set (docs/configuration.md); workers try again by themselves.';

/** Codes of Google's services. */
export const GOOGLE_ERRORS = {
  GOOGLE_CREDENTIALS: terminal(
    "Google's credentials are missing, expired or refused.",
    'Run gcloud auth application-default login, or name a key file in GOOGLE_APPLICATION_CREDENTIALS.',
    3,
  ),
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
