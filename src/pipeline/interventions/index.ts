/**
 * The door of its room. What people do by hand to runs, loads and tables; commands only parse, call
 * and print.
 */

export { acceptStage, loadOfRun, newestLoadOf, type WhichTable } from './accept.ts';
export { type Cancelled, type CancelPorts, cancelRun, cancelTables } from './cancel.ts';
export { pauseTables, resumeTables } from './pause.ts';
export { type RestorePorts, restoreTable } from './restore.ts';
