import { plural } from '../names/index.ts';
import type { Capture, EngineChoice, SourceQuery } from '../objects/index.ts';
import { answerOf, connectionLimits, openConnections, toQuery } from '../source/index.ts';
import { type Finding, ok, warn } from './finding.ts';

/** How many tables each engine would read, and why. */
export function judgeEngines(choices: readonly EngineChoice[]): Finding {
  const told = (['direct', 'dataproc'] as const).flatMap((engine) => {
    const reasons = choices.filter((one) => one.engine === engine).map(({ engineReason }) => engineReason);
    if (reasons.length === 0) return [];
    const counted = [...new Set(reasons)].map(
      (reason) => `${reason} ${reasons.filter((one) => one === reason).length}`,
    );
    return [`${plural(reasons.length, 'table')} by ${engine} (${counted.join(', ')})`];
  });
  return ok('engine.tables', told.length > 0 ? told.join('; ') : 'no table to read');
}

/** What is asked where this machine would read tables. */
export const connectionQueries = (): SourceQuery[] =>
  [connectionLimits, openConnections].map((question) => toQuery(question, null));

/**
 * Whether as many connections may be open as loads may read at once, and one that asks beside them.
 */
export function judgeConnections(capture: Capture, loadsAtOnce: number): Finding {
  const check = 'engine.connections';
  const limits = answerOf(capture, connectionLimits);
  const open = answerOf(capture, openConnections);
  const wanted = `${plural(loadsAtOnce, 'load')} at once, a connection each`;
  if (!limits || open === null)
    return warn(check, `${wanted}; the server does not tell its limits`, 'Compare with max_connections.');
  const { ofAll, ofUser } = limits;
  const shown = `${wanted}; ${open} of max_connections ${ofAll} are open${ofUser > 0 ? `, max_user_connections is ${ofUser}` : ''}`;
  const isRoom = open + loadsAtOnce < ofAll && (ofUser === 0 || loadsAtOnce < ofUser);
  return isRoom ? ok(check, shown) : warn(check, shown, 'Lower INGEST_CONCURRENCY, or raise the limit.');
}
