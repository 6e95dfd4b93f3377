import type { ErrorCode } from './error-codes.ts';

/** MySQL's server and client errors by number; one list for mysql2 and Connector/J. */
const CODES: readonly [ErrorCode, readonly number[]][] = [
  // Server and client: connection refused, lost, too many, shutting down.
  [
    'SOURCE_UNREACHABLE',
    [1040, 1043, 1053, 1077, 1152, 1158, 1159, 1160, 1161, 1184, 2002, 2003, 2005, 2006, 2013, 2055],
  ],
  // A column, not the table: others of it may be read.
  ['SOURCE_COLUMNS_HIDDEN', [1143]],
  ['SOURCE_ACCESS_DENIED', [1044, 1045, 1142, 1227, 1251, 1370, 1698, 1862, 3118]],
  ['SOURCE_TLS_REFUSED', [2026, 3159]],
  ['SOURCE_SCHEMA_MISSING', [1049]],
  ['SOURCE_TABLE_GONE', [1051, 1109, 1146]],
  ['SOURCE_CHANGED_SHAPE', [1054, 1412, 1615]],
  // What SQL state 42 or HY says of a statement that no second attempt makes better.
  ['SOURCE_STATEMENT_REFUSED', [1046, 1193, 1210, 1267, 1270, 1271, 1273, 1356, 1449, 4078, 4079]],
  ['SOURCE_VALUE_REFUSED', [1411, 1525]],
  ['SOURCE_BUSY', [1021, 1037, 1041, 1114, 1203, 1205, 1206, 1213, 1226, 1317, 1461, 1969, 3024, 3572]],
];

const BY_STATE: Readonly<Record<string, ErrorCode>> = {
  '08': 'SOURCE_UNREACHABLE',
  '22': 'SOURCE_VALUE_REFUSED',
  '42': 'SOURCE_STATEMENT_REFUSED',
};

const BY_ERRNO = new Map(CODES.flatMap(([code, numbers]) => numbers.map((errno) => [errno, code] as const)));

/**
 * The code of a MySQL error: by its number, else by the class of its SQL state, which the server
 * gives in every language. Errno 0 with SQL state 08… is Connector/J's own word for a lost
 * connection.
 */
export function classifyMysqlErrno({
  errno,
  sqlState,
}: {
  errno: number | null;
  sqlState: string | null;
}): ErrorCode {
  const code = errno === null ? undefined : BY_ERRNO.get(errno);
  if (code) return code;
  return BY_STATE[sqlState?.slice(0, 2) ?? ''] ?? 'SOURCE_QUERY_FAILED';
}
