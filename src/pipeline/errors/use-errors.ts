import { type ErrorKind, terminal, transient } from './error-kind.ts';

/** Codes of configuration and use. */
export const USE_ERRORS = {
  CONFIG_INVALID: terminal(
    'Settings are missing or wrong.',
    'Correct the settings named; all problems are listed at once.',
    2,
  ),
  USAGE: terminal('The command line is not understood.', 'See the usage line.', 2),
  OUTPUT_FAILED: terminal(
    'The answer could not be written to standard output.',
    'Make room, or send it elsewhere.',
    3,
  ),
  SOURCE_ID_TAKEN: terminal(
    'This SOURCE_ID belongs to another MySQL address.',
    'Choose another SOURCE_ID, or delete the installation object named if the source has really moved.',
    2,
  ),
  UNKNOWN_TABLE: terminal(
    'No table of that name is in MYSQL_SCHEMAS.',
    'Check the name; near names are suggested.',
    2,
  ),
  AMBIGUOUS_TABLE: terminal('The bare name exists in several schemas.', 'Write schema.table.', 2),
  UNKNOWN_RUN: terminal('There is no run of that name.', 'See: npm run runs', 2),
  TABLE_EXCLUDED: terminal(
    'A rule of adutora.yml keeps the table out.',
    'Change include or exclude, and restart the workers.',
    2,
  ),
  TABLE_PAUSED: terminal('The table is paused.', 'Resume it first: npm run resume -- table=…', 2),
  CANCELLED: terminal('A person cancelled it.', 'Load it again: npm run enqueue -- table=…'),
  NEWER_VERSION: transient(
    'This was written by a newer version of Adutora than reads it.',
    'Upgrade this process. A worker hands such a job back, and a newer worker takes it.',
    2,
  ),
  PAYLOAD_INVALID: terminal(
    'A job in the queue has a payload this version does not accept.',
    'It was made by another version or by hand; enqueue the table again.',
  ),
  RUN_NOT_RETRIABLE: terminal('Runs are not retried.', 'Load what failed with: npm run enqueue -- table=…'),
  NO_WORKER: transient('No worker is alive.', 'Start one with: npm start', 4),
  WAIT_TIMEOUT: transient(
    'Waiting took longer than allowed; the work goes on.',
    'See npm run history or the board.',
    4,
  ),
} as const satisfies Record<string, ErrorKind>;
