import mysql, { type Connection, type ConnectionOptions } from 'mysql2/promise';

/**
 * A connection to a stack's MySQL that may do everything; `env` are the stack's settings. The
 * caller ends it.
 */
export function connectAsAdmin(
  env: Readonly<Record<string, string>>,
  options: ConnectionOptions = {},
): Promise<Connection> {
  return mysql.createConnection({
    host: env['MYSQL_HOST'] ?? '',
    port: Number(env['MYSQL_PORT']),
    user: env['STACK_MYSQL_ADMIN_USER'] ?? '',
    password: env['STACK_MYSQL_ADMIN_PASSWORD'] ?? '',
    charset: 'utf8mb4',
    ...options,
  });
}
