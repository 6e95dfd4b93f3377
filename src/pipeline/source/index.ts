/** The door of its room. What MySQL is asked, and what its answers mean: statements, signatures, checksums. Only here are its rows interpreted. */

export {
  captureQueries,
  MODES_OF_VALUES,
  numberedQuery,
  READ_LOCK_WAIT_S,
  sessionStatements,
} from './capture-queries.ts';
export { takeChecksums } from './checksums.ts';
export { cacheAdvice, type Dictionary, holdsEverything } from './dictionary.ts';
export { hiddenColumns, hiddenRefusal, isWholeRowDenied } from './hidden-columns.ts';
export { lockedRefusal, lockHolders } from './lock-holders.ts';
export { rowsOf } from './rows-of.ts';
export { type Flavour, foldsCaseOf, processGrant, readServer, type ServerFacts } from './server.ts';
export { leftBehindQuery } from './statement-mark.ts';
export {
  boundsQuery,
  countQuery,
  guardQuery,
  identityQuery,
  type KeyBounds,
  keyPredicates,
  ownIdentityQueries,
  selectQuery,
} from './table-queries.ts';
export { readTables, type SourceTable } from './tables.ts';
export { refuseHalfAnswers, untoldMessages } from './untold.ts';
