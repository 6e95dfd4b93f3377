import { type Logger, type LoggerOptions, pino } from 'pino';
import type { Config } from '../config/config.ts';

type LogMethod = NonNullable<NonNullable<LoggerOptions['hooks']>['logMethod']>;

const WARN = 40;
const REPEAT_MS = 60_000;
const FORGET_MS = 600_000;

/** The process's log: JSON lines on standard error, so that standard output stays for answers. Known secrets are cut out of every line. */
export function createLog(config: Config): Logger {
  const { MYSQL_PASSWORD, MASK_KEY, REDIS_URL } = config.settings;
  const secrets = [MYSQL_PASSWORD, MASK_KEY, redisPassword(REDIS_URL)].filter(
    (secret) => secret !== undefined && secret.length > 3,
  );
  const scrub = (line: string) =>
    secrets.reduce<string>((text, secret) => text.replaceAll(secret ?? '', '***'), line);
  return pino(
    {
      base: { source: config.settings.SOURCE_ID },
      timestamp: pino.stdTimeFunctions.isoTime,
      hooks: { logMethod: seldom() },
    },
    { write: (line: string) => process.stderr.write(scrub(line)) },
  );
}

/**
 * A warning or an error that says the same as one before is left out for a minute; the next one then says how often it was heard
 * meanwhile. A service that is away would be told of many times a second.
 */
export function seldom(now: () => number = Date.now): LogMethod {
  const heard = new Map<string, { at: number; repeated: number }>();
  return function (this: Logger, args, method, level) {
    if (level < WARN) return method.apply(this, args);
    const line = JSON.stringify([this.bindings(), args]);
    const before = heard.get(line);
    if (before && now() - before.at < REPEAT_MS) {
      before.repeated += 1;
      return;
    }
    for (const [old, { at }] of heard) if (now() - at > FORGET_MS) heard.delete(old);
    heard.set(line, { at: now(), repeated: 0 });
    const log = before?.repeated ? this.child({ repeated: before.repeated }) : this;
    method.apply(log, args);
  };
}

function redisPassword(url: string): string | undefined {
  return decodeURIComponent(new URL(url).password) || undefined;
}
