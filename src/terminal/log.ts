import { type Logger, type LoggerOptions, pino } from 'pino';
import type { Config } from '../config/config.ts';
import type { OutputStream } from './progress.ts';
import { redact } from './redact.ts';
import { rememberSettings } from './remember-settings.ts';
import { toTerminal } from './terminal-text.ts';

type LogMethod = NonNullable<NonNullable<LoggerOptions['hooks']>['logMethod']>;

const WARN = 40;
const REPEAT_MS = 60_000;
const FORGET_MS = 600_000;

/**
 * The process's log: JSON lines on standard error, so that standard output stays for answers. Known
 * secrets are cut out of every line.
 */
export function createLog(config: Config, stderr: OutputStream = process.stderr): Logger {
  rememberSettings(config);
  return pino(
    {
      base: { source: config.settings.SOURCE_ID },
      timestamp: pino.stdTimeFunctions.isoTime,
      hooks: { logMethod: muteRepeats() },
    },
    { write: (line: string) => stderr.write(toTerminal(redact(line))) },
  );
}

/**
 * A warning or an error that says the same as one before is left out for a minute; the next one
 * then says how often it was heard meanwhile. A service that is away would be told of many times a
 * second.
 */
export function muteRepeats(now: () => number = Date.now): LogMethod {
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
