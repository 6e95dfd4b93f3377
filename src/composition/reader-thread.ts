import { parentPort, workerData } from 'node:worker_threads';
import { createBucket } from '../adapters/gcs/bucket.ts';
import type { GcsSettings } from '../adapters/gcs/client.ts';
import { createRowSource } from '../adapters/mysql/row-source.ts';
import { createSecrets, type SecretsSettings } from '../adapters/secrets/secrets.ts';
import { readTable } from '../engines/direct/read-table.ts';
import type { ReaderFailure, ReaderNews, ReaderOrder } from '../engines/direct/reader-threads.ts';
import { followReading } from '../engines/direct/reading.ts';
import { LoadError, toLoadError } from '../pipeline/errors/index.ts';
import type { AttemptError } from '../pipeline/objects/index.ts';
import { redact, remembering } from '../terminal/redact.ts';

const MARK = 'adutora-reader';

/** What a thread makes its adapters of. Secrets of a local stack are handed over at its start. */
export interface ReaderSettings {
  gcs: GcsSettings;
  secrets: SecretsSettings;
}

/** What a thread of ours is started with; whoever merely imports this file starts nothing. */
export const readerData = (settings: ReaderSettings) => ({ [MARK]: settings });

/** Reads the tables that it is told of, one at a time. */
function serve(settings: ReaderSettings, port: NonNullable<typeof parentPort>): void {
  const bucket = createBucket(settings.gcs);
  const secrets = remembering(createSecrets(settings.secrets));
  const tell = (news: ReaderNews) => port.postMessage(news);
  let stop = new AbortController();
  port.on('message', (order: ReaderOrder) => {
    if (order.do === 'stop') {
      stop.abort(new LoadError('CANCELLED', 'The reading was ended.'));
      return;
    }
    stop = new AbortController();
    const { spec, maxReadMs } = order;
    const rowSource = createRowSource({
      address: spec.address,
      password: () => secrets.read(spec.address.password),
    });
    const reading = followReading({
      spec,
      rowSource,
      tell: (told) => tell({ is: 'reading', told }),
      now: () => new Date(),
    });
    const { signal } = stop;
    const read = async () => {
      const maskKey = spec.maskKey && (await secrets.read(spec.maskKey));
      return readTable({ spec, maskKey, rowSource, bucket, maxReadMs, signal, reading });
    };
    void read()
      .then(
        (table) => tell({ is: 'read', table }),
        (error) => tell({ is: 'failed', failure: failureOf(toLoadError(error)) }),
      )
      .finally(() => reading.stop());
  });
}

function failureOf({ code, message, context }: LoadError): ReaderFailure {
  const { errno = null, sqlState = null, locks = null } = context as Partial<AttemptError>;
  return { code, message: redact(message), errno, sqlState, locks };
}

const settings = (workerData as Partial<ReturnType<typeof readerData>> | null)?.[MARK];
if (settings && parentPort) serve(settings, parentPort);
