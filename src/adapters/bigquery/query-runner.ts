import { type BigQuerySettings, createClient, retrying } from './client.ts';

/** What a query gave, for people: values as the client decodes them. */
export type QueryRow = Record<string, unknown>;

/** Runs a person's SELECT. Against the stand-in it is DuckDB's dialect. */
export function createQueryRunner(settings: BigQuerySettings): (sql: string) => Promise<QueryRow[]> {
  const client = createClient(settings);
  return (sql) =>
    retrying(
      settings,
      async () => (await client.query({ query: sql, location: settings.location }))[0] as QueryRow[],
    );
}
