/** The door of its room. What doctor looks at and finds, told from facts alone. */

export { connectionQueries, judgeConnections, judgeEngines } from './engines.ts';
export { type Finding, fail, failedLook, look, ok, skipped, warn } from './finding.ts';
export { judgeBucket, judgeCluster, judgeDataset } from './google.ts';
export { judgeHidden } from './hidden-columns.ts';
export { judgeListing } from './listing.ts';
export {
  judgeNode,
  judgeOutage,
  judgeProcesses,
  judgeRedis,
  type OutageFacts,
  type ProcessFacts,
  type RedisFacts,
} from './machine.ts';
export { doctorQueries, judgeLocks, judgeMysql, judgeSelects, selectProbes } from './mysql.ts';
export { judgePatterns, judgeRules, type TablePattern } from './rules.ts';
export { judgeSchedule } from './schedule.ts';
export { judgeSecret } from './secret.ts';
export { judgeVersioned, upgradeProbes, versionedTables } from './versioned.ts';
