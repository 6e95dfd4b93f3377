import { parentPort, workerData } from 'node:worker_threads';
import { createBucket } from '../adapters/gcs/bucket.ts';
import type { GcsSettings } from '../adapters/gcs/client.ts';
import { createRowSource } from '../adapters/mysql/row-source.ts';
import { createSecrets, type SecretsSettings } from '../adapters/secrets/secrets.ts';
import { readTable } from '../engines/direct/read-table.ts';
import type { ReaderFailure, ReaderNews, ReaderOrder } from '../engines/direct/reader-threads.ts';
import { followReading } from '../engines/direct/reading.ts';
import { LoadError, toLoadError } from '../pipeline/errors/index.ts';
import type { AttemptError, Spec } from '../pipeline/objects/index.ts';
import type { Secrets } from '../pipeline/ports/index.ts';
import { redact, remembering } from '../terminal/redact.ts';

const MARK = 'adutora-reader';
const MIN_KEY_BYTES = 16;

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
    void maskKeyOf(spec, secrets)
      .then((maskKey) => readTable({ spec, maskKey, rowSource, bucket, maxReadMs, signal, reading }))
      .then(
        (table) => tell({ is: 'read', table }),
        (error) => tell({ is: 'failed', failure: failureOf(toLoadError(error)) }),
      )
      .finally(() => reading.stop());
  });
}

/** Throws where the key cannot be had, before anything is read. */
async function maskKeyOf({ maskKey }: Spec, secrets: Secrets): Promise<string | null> {
  if (maskKey === null) return null;
  const key = await secrets.read(maskKey);
  const bytes = Buffer.byteLength(key);
  if (bytes >= MIN_KEY_BYTES) return key;
  const message = `the mask key has ${bytes} bytes, at least ${MIN_KEY_BYTES} are needed`;
  throw new LoadError('SECRET_MISSING', message);
}

function failureOf({ code, message, context }: LoadError): ReaderFailure {
  const { errno = null, sqlState = null, locks = null } = context as Partial<AttemptError>;
  return { code, message: redact(message), errno, sqlState, locks };
}

const settings = (workerData as Partial<ReturnType<typeof readerData>> | null)?.[MARK];
if (settings && parentPort) serve(settings, parentPort);
