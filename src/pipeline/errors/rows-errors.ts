import { type ErrorKind, terminal, transient } from './error-kind.ts';

/** Codes of rows on their way, and of the stage that holds them. */
export const ROWS_ERRORS = {
  POLICY_VIOLATION: terminal(
    'A value broke a policy that says error.',
    'Correct the value at the source or choose another policy.',
  ),
  ROW_TOO_LONG: terminal(
    'A row is longer than the 100 MB that BigQuery loads.',
    'Exclude or truncate the long column (adutora.yml, columns), or shorten the value at the source.',
  ),
  VALUE_TOO_LONG: terminal(
    'A value became longer than max_allowed_packet as text, and MySQL gave NULL in its place.',
    'Raise max_allowed_packet on the server, or exclude or truncate the column.',
  ),
  TEXT_NOT_UNICODE: terminal(
    'A text holds what has no Unicode: bytes that its character set does not define, or a lone surrogate.',
    'Correct the value at the source, or exclude or nullify the column (adutora.yml, columns).',
  ),
  SPARK_OUT_OF_MEMORY: transient(
    'Spark ran out of memory.',
    'Very long values? Exclude or truncate their column (adutora.yml, columns), read by fewer connections (partitions), or give the cluster more memory.',
  ),
  READER_LOST: transient(
    'The worker that read the rows is gone, or has given the load up, and has left no whole stage.',
    'Nothing: the next attempt reads the rows again. Where it comes back, see why workers die: the log, and the memory of their machine.',
  ),
  READ_DEADLINE: transient(
    'The rows of a table were not read within SOURCE_MAX_READ_SECONDS.',
    'Raise it, if MySQL can keep a snapshot for so long, or load the table with engine: dataproc.',
  ),
  NULL_TOKEN_COLLISION: transient(
    'A text equals the null token of the attempt.',
    'The next attempt uses another token.',
  ),
  SPEC_MISMATCH: terminal(
    'The spec is not the one that was submitted.',
    'Somebody altered it; load the table again.',
  ),
  SPEC_INVALID: terminal(
    'The spec cannot be read by this script.',
    'Script and worker differ in version: deploy again.',
  ),
  TOO_MANY_OBJECTS: terminal(
    'A stage has more than 10,000 objects.',
    'Raise the rows an object holds, or read with fewer partitions.',
  ),
  UNSAFE_COMMITTER: terminal(
    'Spark would write with committer algorithm 2.',
    'Leave the properties of the Dataproc job as Adutora sets them.',
  ),
  STAGE_INCOMPLETE: transient('The stage does not hold what its manifest lists.', 'The rows are read again.'),
  COUNTS_DIFFER: transient(
    'Staged rows differ from the rows of the source although nothing changed.',
    'The rows are read again.',
  ),
} as const satisfies Record<string, ErrorKind>;
