import { LoadError } from '../errors/index.ts';
import { type VerifySettings, viewTable } from '../mapping/index.ts';
import { captureName, objectNames } from '../names/index.ts';
import type { LoadObject } from '../objects/index.ts';
import { type Bucket, createObject, type SourceQueries } from '../ports/index.ts';
import {
  captureQueries,
  hiddenRefusal,
  isWholeRowDenied,
  lockedRefusal,
  readServer,
  readTables,
  refuseHalfAnswers,
  sessionStatements,
} from '../source/index.ts';
import { makeLoadObject } from './make-load-object.ts';

/**
 * Looks at a table anew that was altered since verify, or locked then, and writes what it is now as
 * `LOAD-aN.json` for attempt n. Its signature is older than anything that attempt will read. Throws
 * `SOURCE_TABLE_GONE`, and as `SourceQueries` does.
 */
export async function reshapeLoad(
  { load, attemptNumber }: { load: LoadObject; attemptNumber: number },
  settings: VerifySettings,
  ports: { sourceQueries: SourceQueries; bucket: Bucket },
): Promise<void> {
  const capture = await ports.sourceQueries.capture({
    session: sessionStatements(),
    queries: captureQueries({ table: load.table }),
    name: captureName({ kind: 'reshape', loadId: load.loadId, attemptNumber }),
  });
  const server = readServer(capture);
  const found = readTables(capture, server, settings.settleSeconds);
  refuseHalfAnswers(capture, found);
  const table = found.find(
    ({ schema, table: name }) => schema === load.table.schema && name === load.table.table,
  );
  if (!table) throw new LoadError('SOURCE_TABLE_GONE', 'The table is no longer there.');
  const sourceTable = { ...table, destination: load.destination };
  const untold = sourceTable.isLocked
    ? lockedRefusal(capture, sourceTable)
    : isWholeRowDenied(capture)
      ? hiddenRefusal(sourceTable)
      : null;
  const reshaped = makeLoadObject({
    sourceTable,
    view: viewTable(sourceTable, settings, { flavour: server.flavour, refusal: untold }),
    runId: load.runId,
    loadId: load.loadId,
    trigger: load.trigger,
    reason: load.reason,
    settings,
    // Read by one connection: the ranges of the key may have moved as well.
    bounds: null,
    decidedAt: load.decidedAt,
  });
  const name = objectNames(load.sourceId).reshapedLoad(load.runId, load.loadId, attemptNumber);
  await createObject(ports.bucket, name, reshaped);
}
