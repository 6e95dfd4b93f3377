import { describe, expect, it } from 'vitest';
import type { CommandContext } from '../../../src/commands/command.ts';
import { verifyNow } from '../../../src/commands/verify-now.ts';
import { verifySettings } from '../../../src/composition/adapters.ts';
import { loadConfig } from '../../../src/config/config.ts';
import type { CaptureRequest } from '../../../src/pipeline/ports/index.ts';
import { createMemoryBucket } from '../../support/fakes/memory-bucket.ts';
import { GOOD_SETTINGS, settingsFolder } from '../../support/settings.ts';

describe('verifyNow', () => {
  it('names the server while it is asked, and tells what is asked once more', async () => {
    const config = loadConfig(GOOD_SETTINGS, settingsFolder());
    const told: string[] = [];
    const context = {
      config,
      verify: verifySettings(config),
      ports: {
        bucket: createMemoryBucket(),
        sourceQueries: {
          capture: async ({ report }: CaptureRequest) => {
            await report?.('cut; once more');
            throw new Error('away');
          },
        },
      },
      activity: (text: string) => void told.push(text),
      note: (text: string) => void told.push(text),
      now: () => new Date(),
    };
    await expect(verifyNow(null, context as unknown as CommandContext)).rejects.toThrow('away');
    expect(told).toEqual(['waiting for MySQL at db.example:3306', 'cut; once more']);
  });
});
