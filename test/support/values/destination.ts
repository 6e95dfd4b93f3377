import { canonicalFromDestination } from '../../../local/compare/canonical.ts';
import { readDestination } from '../../../local/compare/destination-rows.ts';
import { destinationOf } from '../../../src/pipeline/destinations.ts';
import type { Sandbox } from '../sandbox.ts';

export interface Arrived {
  types: Record<string, string>;
  /** By the text of `id`: column → canonical text. */
  rows: Map<string, Record<string, string | null>>;
}

/** A table of the sandbox as it arrived. */
export async function readArrived({ env, schema }: Sandbox, table: string): Promise<Arrived> {
  const { names, types, pages } = await readDestination({
    host: env['BIGQUERY_EMULATOR_HOST'] ?? '',
    project: env['GOOGLE_CLOUD_PROJECT'] ?? '',
    location: env['BIGQUERY_LOCATION'] ?? '',
    ...destinationOf({ schema, table }, '{schema}'),
  });
  const rows = new Map<string, Record<string, string | null>>();
  for await (const page of pages()) {
    for (const row of page) {
      const cells = row.map((cell, index) => [
        names[index],
        canonicalFromDestination(cell, types[index] ?? ''),
      ]);
      rows.set(row[0] ?? '', Object.fromEntries(cells));
    }
  }
  return { types: Object.fromEntries(names.map((name, index) => [name, types[index] ?? ''])), rows };
}
