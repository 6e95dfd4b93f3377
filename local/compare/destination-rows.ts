import type { DestinationRows } from './compare-tables.ts';

interface Page {
  jobReference: { jobId: string; location: string };
  schema: { fields: { name: string; type: string }[] };
  rows?: { f: { v: string | null }[] }[];
  pageToken?: string;
}

/**
 * A destination's rows over BigQuery's REST API as it prints them; for the stand-in, which wants no
 * credentials.
 */
export async function readDestination(input: {
  host: string;
  project: string;
  location: string;
  dataset: string;
  table: string;
}): Promise<DestinationRows> {
  const { host, project, location, dataset, table } = input;
  const base = `http://${host}/bigquery/v2/projects/${project}/queries`;
  const query = `SELECT * FROM \`${project}.${dataset}.${table}\``;
  const resource = await call<Pick<Page, 'schema'>>(
    `http://${host}/bigquery/v2/projects/${project}/datasets/${dataset}/tables/${table}`,
  );
  const first = await call<Page>(base, {
    query,
    useLegacySql: false,
    location,
    formatOptions: { useInt64Timestamp: true },
  });
  const cells = (page: Page) => (page.rows ?? []).map(({ f }) => f.map(({ v }) => v));
  return {
    names: first.schema.fields.map(({ name }) => name),
    // SQL's names of types, as the table was made; an answer to a query has the API's old ones.
    types: resource.schema.fields.map(({ type }) => type),
    async *pages() {
      yield cells(first);
      for (let token = first.pageToken; token; ) {
        const page: Page = await call(
          `${base}/${first.jobReference.jobId}?location=${location}&pageToken=${token}&formatOptions.useInt64Timestamp=true`,
        );
        yield cells(page);
        token = page.pageToken;
      }
    },
  };
}

async function call<T>(url: string, body?: object): Promise<T> {
  const response = await fetch(
    url,
    body
      ? { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
      : {},
  );
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}
