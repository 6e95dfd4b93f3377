/**
 * The door of its room. What MySQL is asked, and what its answers mean: statements, signatures,
 * checksums. Only here are its rows interpreted.
 */

export { captureQueries, pick } from './captures.ts';
export { takeChecksums } from './checksums.ts';
export { cacheAdvice, type Dictionary, holdsEverything } from './dictionary.ts';
export { hiddenColumns, hiddenRefusal } from './hidden-columns.ts';
export { lockedRefusal, lockHolders } from './lock-holders.ts';
export { answerOf, askEach, toQuery } from './question.ts';
export {
  bounds,
  cipher,
  clock,
  connectionLimits,
  countQuery,
  guard,
  identityQuery,
  isWholeRowDenied,
  type KeyBounds,
  keyPredicates,
  leftBehind,
  leftBehindOfLoad,
  marked,
  mayWrite,
  openConnections,
  ownIdentityQueries,
  partitionsQuery,
  role,
  schemas,
  selectQuery,
  statesOf,
  tableProbe,
  tables,
  upgradeCheck,
} from './questions/index.ts';
export { foldsCaseOf, processGrant, readServer, type ServerFacts } from './server.ts';
export { MODES_OF_VALUES, readerStatements, sessionStatements } from './session.ts';
export { readTables, type SourceTable } from './tables.ts';
export { refuseHalfAnswers, untoldMessages } from './untold.ts';
