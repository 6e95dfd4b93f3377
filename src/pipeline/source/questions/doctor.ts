import type { TableRef } from '../../names/index.ts';
import { type Question, toNumber } from '../question.ts';
import { fromName } from '../scope.ts';

const WRITES = /\b(ALL PRIVILEGES|INSERT|UPDATE|DELETE|DROP|ALTER)\b.* ON /i;

/** Cipher of our own connection; null where it is not encrypted. */
export const cipher: Question<string | null, unknown> = {
  name: 'tls',
  isOptional: true,
  sql: () => "SHOW SESSION STATUS LIKE 'Ssl_cipher'",
  read: ([row]) => row?.['Value'] || null,
};

/** What the server lets be written; null where it does not tell. */
export const role: Question<'reader' | 'replica' | 'writer' | null, unknown> = {
  name: 'read_only',
  isOptional: true,
  sql: () => 'SELECT @@global.read_only AS read_only, @@global.innodb_read_only AS innodb_read_only',
  read: ([row]) => {
    if (!row) return null;
    if (row['innodb_read_only'] === '1') return 'reader';
    return row['read_only'] === '1' ? 'replica' : 'writer';
  },
};

/** The server's clock, in seconds since 1970; null where it does not tell. */
export const clock: Question<number | null, unknown> = {
  name: 'clock',
  isOptional: true,
  sql: () => 'SELECT CAST(UNIX_TIMESTAMP(NOW(6)) AS CHAR) AS now',
  read: ([row]) => toNumber(row?.['now']),
};

/** How many connections may be open, of all and of our user (0: as many); null: not told. */
export const connectionLimits: Question<{ ofAll: number; ofUser: number } | null, unknown> = {
  name: 'connection_limits',
  isOptional: true,
  sql: () => 'SELECT @@global.max_connections AS of_all, @@session.max_user_connections AS of_user',
  read: ([row]) => (row ? { ofAll: Number(row['of_all']), ofUser: Number(row['of_user']) } : null),
};

/** How many connections are open; null where the server does not tell. */
export const openConnections: Question<number | null, unknown> = {
  name: 'open_connections',
  isOptional: true,
  sql: () => "SHOW GLOBAL STATUS LIKE 'Threads_connected'",
  read: ([row]) => toNumber(row?.['Value']),
};

/** Whether MYSQL_USER may write. Never asked where the answer would lie in the bucket. */
export const mayWrite: Question<boolean, unknown> = {
  name: 'grants',
  isOptional: true,
  sql: () => 'SHOW GRANTS',
  read: (rows) => rows.flatMap((row) => Object.values(row)).some((grant) => WRITES.test(grant ?? '')),
};

/** Reads nothing; the server refuses it without the privilege. */
export const tableProbe: Question<null, TableRef> = {
  name: 'probe',
  isOptional: true,
  sql: (table) => `SELECT 1 FROM ${fromName(table)} LIMIT 0`,
  read: () => null,
};
