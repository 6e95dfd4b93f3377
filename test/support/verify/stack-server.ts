import type { ServerAddress } from '../private-server.ts';
import { stackEnv } from '../stack-env.ts';

/** The MySQL of the run's private stack. */
export function stackServer(): ServerAddress {
  const env = stackEnv();
  const of = (name: string) => env[name] ?? '';
  return {
    flavour: 'mysql',
    port: Number(of('MYSQL_PORT')),
    reader: { user: of('MYSQL_USER'), password: of('MYSQL_PASSWORD') },
    admin: { user: of('STACK_MYSQL_ADMIN_USER'), password: of('STACK_MYSQL_ADMIN_PASSWORD') },
  };
}
