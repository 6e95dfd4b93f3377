/**
 * Settings with which the service starts, and that name servers where none is: `address` for
 * Google's, `redis` for Redis.
 */
export function settingsNowhere({ address, redis }: { address: string; redis: string }) {
  return {
    SOURCE_ID: 'stop',
    MYSQL_HOST: '127.0.0.1',
    MYSQL_USER: 'none',
    MYSQL_PASSWORD: 'none',
    MYSQL_TLS: 'disabled',
    MYSQL_SCHEMAS: 'none',
    GOOGLE_CLOUD_PROJECT: 'none',
    DATAPROC_REGION: 'none',
    DATAPROC_CLUSTER: 'none',
    GCS_BUCKET: 'none',
    BIGQUERY_LOCATION: 'none',
    HISTORY_DATASET: 'none',
    GCS_API_ENDPOINT: address,
    BIGQUERY_EMULATOR_HOST: address,
    DATAPROC_API_ENDPOINT: address,
    REDIS_URL: `redis://${redis}`,
  };
}
