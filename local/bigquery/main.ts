import { parseArgs } from 'node:util';
import { startBigQueryStandIn } from './server.ts';

const string = { type: 'string' as const };
const { values } = parseArgs({ options: { port: string, data: string, gcs: string, project: string } });
const { port, data, gcs, project } = values;
if (!port || !data || !gcs || !project) throw new Error('--port, --data, --gcs and --project are needed');
const standIn = await startBigQueryStandIn({ port: Number(port), dataDir: data, gcsEndpoint: gcs, project });
process.stdout.write(`ready ${standIn.address}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => standIn.close().then(() => process.exit(0)));
