import { LoadError } from '../errors/index.ts';
import { type TableRef, tableKey } from '../names/index.ts';
import type { MappedColumn } from '../objects/index.ts';
import type { SourceQueries } from '../ports/index.ts';
import { answerOf, askEach, toQuery } from './question.ts';
import { fingerprint, guard } from './questions/index.ts';
import { sessionStatements } from './session.ts';

/**
 * The checksum of each table as it is at the source now, by `tableKey`: one statement a table,
 * which reads all its rows. Null where the server refused it, or a row is too long for one: then
 * nothing is proven. Rows are read, so the connection first makes sure that it is at `identity`,
 * the signatures' server. Throws `SOURCE_MOVED`.
 */
export async function takeChecksums(
  wanted: readonly { table: TableRef; columns: readonly MappedColumn[] }[],
  { queries, identity }: { queries: SourceQueries; identity: string },
): Promise<Map<string, string | null>> {
  if (wanted.length === 0) return new Map();
  const asked = askEach(fingerprint, wanted);
  const capture = await queries.capture({
    session: sessionStatements(),
    queries: [toQuery(guard, identity), ...asked.queries],
  });
  if (!answerOf(capture, guard))
    throw new LoadError('SOURCE_MOVED', `Checksums would have come from another server than ${identity}.`);
  const answers = asked.read(capture);
  return new Map(wanted.map(({ table }, index) => [tableKey(table), answers[index]?.answer ?? null]));
}
