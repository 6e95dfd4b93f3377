import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { loadConfig } from '../../src/config/config.ts';
import { LoadError } from '../../src/pipeline/errors/load-error.ts';

/** Settings in which nothing is wrong. */
export const GOOD_SETTINGS = {
  SOURCE_ID: 'main',
  MYSQL_HOST: 'db.example',
  MYSQL_USER: 'u',
  MYSQL_PASSWORD_SECRET: 'projects/p/secrets/s/versions/1',
  MYSQL_SCHEMAS: 'a, b',
  GOOGLE_CLOUD_PROJECT: 'p',
  DATAPROC_REGION: 'r',
  DATAPROC_CLUSTER: 'c',
  GCS_BUCKET: 'b',
  BIGQUERY_LOCATION: 'US',
  HISTORY_DATASET: 'h',
  REDIS_URL: 'redis://127.0.0.1:6379',
};

/** An empty folder for `.env` and `adutora.yml`, while the test runs. */
export function settingsFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'adutora-config-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

/** The whole message, empty where nothing is wrong. */
export function configMessage(env: Record<string, string>, at: string): string {
  try {
    loadConfig(env, at);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

/** What is wrong with them, one text a problem. */
export function configProblems(env: Record<string, string>, at = settingsFolder()): string[] {
  try {
    loadConfig(env, at);
    return [];
  } catch (error) {
    if (error instanceof LoadError) return error.context['problems'] as string[];
    throw error;
  }
}
