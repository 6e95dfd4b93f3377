import { readFileSync } from 'node:fs';
import { parse } from 'dotenv';
import { acceptsConnections } from '../component.ts';
import { STACK_ENV_FILE } from '../tools/paths.ts';

// MySQL is left out: it would log a warning for each connection that says nothing, and the stack
// ends when a part of it does.
const ADDRESSES = ['REDIS_URL', 'GCS_API_ENDPOINT', 'BIGQUERY_EMULATOR_HOST', 'DATAPROC_API_ENDPOINT'];

/** Whether the stack has written its settings and the parts that they name accept connections. */
export async function isHealthy(settingsFile: string): Promise<boolean> {
  try {
    const settings = parse(readFileSync(settingsFile));
    const ports = ADDRESSES.map((key) => Number(/:(\d+)$/.exec(settings[key] ?? '')?.[1]));
    return (await Promise.all(ports.map(acceptsConnections))).every(Boolean);
  } catch {
    return false;
  }
}

if (import.meta.main) process.exit((await isHealthy(STACK_ENV_FILE)) ? 0 : 1);
