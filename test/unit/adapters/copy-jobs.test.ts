import { describe, expect, it } from 'vitest';
import { createDestination } from '../../../src/adapters/bigquery/destination.ts';
import { startCopyServer } from '../../support/copy-server.ts';
import { NO_RETRY } from '../../support/wait.ts';

describe('a copy', () => {
  it('is tried with another job where BigQuery let one fail, and knows it afterwards', async () => {
    const server = await startCopyServer();
    const destination = createDestination({
      projectId: 'p',
      location: 'US',
      emulatorHost: server.address,
      retry: NO_RETRY,
    });
    const table = { dataset: 'd', table: 't' };
    const request = { id: 'back', source: table, at: new Date(), destination: table };
    expect(await destination.getCopy('back')).toBeNull();
    expect(await destination.copy(request)).toBe(true);
    expect(server.jobs()).toEqual(['back', 'back-r2']);
    expect(await destination.copy(request)).toBe(true);
    expect(await destination.getCopy('back')).toMatchObject({ id: 'back-r2', error: null });
    expect(server.jobs()).toEqual(['back', 'back-r2']);
    await server.close();
  });
});
