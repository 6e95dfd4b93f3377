import { afterEach, beforeEach } from 'vitest';
import { createFakeService, type FakeService } from './fake-service.ts';
import { freshName, stackEnv } from './stack-env.ts';

/** Two runs that a person has asked for, the older first. */
export const RUN = 'manual-20260102T030000Z-0001';
export const OTHER_RUN = 'manual-20260102T040000Z-0002';

/**
 * Every test of the file gets a service of its own on the stack's Redis, under a SOURCE_ID that
 * nobody has; it is closed afterwards.
 */
export function serviceOfEachTest(use: (service: FakeService) => void): void {
  let service: FakeService | undefined;
  beforeEach(() => {
    service = createFakeService({ redisUrl: stackEnv()['REDIS_URL'] ?? '', sourceId: freshName() });
    use(service);
  });
  afterEach(() => service?.close());
}
