import { describe, expect, it } from 'vitest';
import { createDestination } from '../../../src/adapters/bigquery/destination.ts';
import { startCopyServer } from '../../support/copy-server.ts';
import { NO_RETRY } from '../../support/wait.ts';

describe('a restore', () => {
  it('is tried with another job where BigQuery let one fail, and knows it afterwards', async () => {
    const server = await startCopyServer();
    const destination = createDestination({
      projectId: 'p',
      location: 'US',
      emulatorHost: server.address,
      retry: NO_RETRY,
    });
    const request = { id: 'back', destination: { dataset: 'd', table: 't' }, at: new Date() };
    expect(await destination.wasRestored('back')).toBe(false);
    expect(await destination.restore(request)).toBe(true);
    expect(server.jobs()).toEqual(['back', 'back-r2']);
    expect(await destination.restore(request)).toBe(true);
    expect(await destination.wasRestored('back')).toBe(true);
    expect(server.jobs()).toEqual(['back', 'back-r2']);
    await server.close();
  });
});
