import { canonicalFromDestination } from '../../../local/compare/canonical.ts';
import { readDestination } from '../../../local/compare/destination-rows.ts';
import { destinationOf } from '../../../src/pipeline/mapping/destinations.ts';
import type { Sandbox } from '../sandbox.ts';
import type { ValueColumn } from './cells.ts';

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

/** Every cell that is not as its column says, for people, and how many were compared. */
export function differencesOf(
  columns: readonly ValueColumn[],
  { rows }: Arrived,
): { compared: number; differences: string[] } {
  const cells = columns
    .filter((column) => column.cells.length > 0)
    .flatMap((column) => [...rows].map(([id, row]) => ({ column, id, got: row[column.name] })));
  const differences = cells.flatMap(({ column: { name, ddl, cells: values }, id, got }) => {
    const [literal, expected] = values[Number(id) - 1] ?? ['NULL', null];
    const shown = (value: unknown) => String(JSON.stringify(value)).slice(0, 120);
    return got === expected
      ? []
      : [
          `${name} ${ddl}, row ${id}, ${literal.slice(0, 80)}: expected ${shown(expected)}, got ${shown(got)}`,
        ];
  });
  return { compared: cells.length, differences };
}
