import { notFound } from './api-error.ts';
import type { StandIn } from './stand-in.ts';
import { deleteTable, findTable } from './tables.ts';

const DROP = /^\s*DROP\s+TABLE\s+(IF\s+EXISTS\s+)?`(?:([\w-]+)\.)?(\w+)\.(\w+)`\s*;?\s*$/i;

/** Runs `DROP TABLE` of one table in back-quotes; false for any other statement. */
export async function dropTable(standIn: StandIn, sql: string): Promise<boolean> {
  const [is, ifExists, project = standIn.project, dataset = '', id = ''] = DROP.exec(sql) ?? [];
  if (!is) return false;
  if (project !== standIn.project) throw notFound(`Project ${project}`);
  if (!ifExists || findTable(standIn, dataset, id)) await deleteTable(standIn, dataset, id);
  return true;
}
