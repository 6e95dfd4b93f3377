import type { Capture } from '../../pipeline/objects/index.ts';
import type { SourceQueries } from '../../pipeline/ports/index.ts';
import { withRetry } from '../retry.ts';
import { answers } from './answers.ts';
import { classify, connectSession, type MysqlSettings } from './connection.ts';

/** `SourceQueries` over mysql2: one connection a capture, every value as the server's own text. */
export function createSourceQueries(settings: MysqlSettings): SourceQueries {
  return {
    capture: (request) =>
      withRetry(
        () => captureOnce(settings, request),
        (error) => classify(error, settings),
        {
          signal: request.signal,
          settings: settings.retry,
          onRetry: ({ message }) => request.report?.(`${message}; once more`),
        },
      ),
    close: async () => undefined,
  };
}

async function captureOnce(
  settings: MysqlSettings,
  request: Parameters<SourceQueries['capture']>[0],
): Promise<Capture> {
  const connection = await connectSession(settings, request.session);
  try {
    return await answers(connection, request.queries, request.signal);
  } finally {
    connection.destroy();
  }
}
