import { type Logger, pino } from 'pino';
import type { Config } from '../config/config.ts';

/** The process's log: JSON lines on standard error, so that standard output stays for answers. Known secrets are cut out of every line. */
export function createLog(config: Config): Logger {
  const { MYSQL_PASSWORD, MASK_KEY, REDIS_URL } = config.settings;
  const secrets = [MYSQL_PASSWORD, MASK_KEY, redisPassword(REDIS_URL)].filter(
    (secret) => secret !== undefined && secret.length > 3,
  );
  const scrub = (line: string) =>
    secrets.reduce<string>((text, secret) => text.replaceAll(secret ?? '', '***'), line);
  return pino(
    { base: { source: config.settings.SOURCE_ID }, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line: string) => process.stderr.write(scrub(line)) },
  );
}

function redisPassword(url: string): string | undefined {
  return decodeURIComponent(new URL(url).password) || undefined;
}
